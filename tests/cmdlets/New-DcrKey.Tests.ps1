# Key pairs: the private half in the store, the public half on the object.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
}

AfterAll {
    Stop-DcrTest
}

Describe 'New-DcrKey' {
    BeforeEach {
        Switch-TestFolder
    }

    It 'makes a key of <Algorithm>, whose halves belong together' -ForEach @(
        @{ Algorithm = 'ES256'; Public = 'kty', 'crv', 'x', 'y' }
        @{ Algorithm = 'ES384'; Public = 'kty', 'crv', 'x', 'y' }
        @{ Algorithm = 'RS384'; Public = 'kty', 'n', 'e' }
        @{ Algorithm = 'PS256'; Public = 'kty', 'n', 'e' }
    ) {
        $key = New-DcrKey my-key $Algorithm
        $key | Should -BeOfType ([DcrPowerShell.DcrKey])
        $key.Algorithm | Should -Be $Algorithm
        $private = Get-ApplicationSecret my-key | ConvertFrom-Json
        $published = $key.Jwks.keys[0]
        $published.Keys | Sort-Object | Should -Be (@($Public) + 'alg', 'kid', 'use' | Sort-Object)
        foreach ($member in $published.Keys) { $private.$member | Should -Be $published[$member] }
        $private.d | Should -Not -BeNullOrEmpty
    }

    It 'makes ES384 where nothing is said, and another key each time' {
        $keys = 'one', 'two' | ForEach-Object { New-DcrKey $_ }
        $keys.Algorithm | Should -Be 'ES384', 'ES384'
        $keys[0].KeyId | Should -Not -Be $keys[1].KeyId
    }

    It 'makes keys that a client registers with and connects with' {
        $key = New-DcrKey ops-key ES256
        $server = New-TestServer @{ tokenClient = @{ clientId = 'ops'; jwks = ($key.Jwks | ConvertTo-Json -Depth 5 | ConvertFrom-Json) } }
        $null = Connect-DcrServer $server.Issuer -ClientId ops -PrivateKey (ConvertTo-Secret (Get-ApplicationSecret ops-key))
        $client = New-DcrClient App -GrantType client_credentials -ResponseType @() -TokenEndpointAuthMethod private_key_jwt -Jwks $key.Jwks
        $client.Metadata.jwks.keys[0].kid | Should -Be $key.KeyId
        (Get-TestServerRequest $server -Operation register).headers.Authorization | Should -BeLike 'Bearer at_*'
    }

    It 'leaves a secret alone that is there already' {
        $first = New-DcrKey taken
        $null = Assert-Failure { New-DcrKey taken } -Id SecretExists -Category ResourceExists -Message "*'taken'*" -Action '*another name*'
        (Get-ApplicationSecret taken | ConvertFrom-Json).kid | Should -Be $first.KeyId
    }

    It 'writes nothing with -WhatIf' {
        New-DcrKey what-if -WhatIf | Should -BeNullOrEmpty
        Get-ApplicationSecret what-if | Should -BeNullOrEmpty
    }

    It 'shows nothing of the private half' {
        $output = New-DcrKey hidden -Verbose *>&1
        $key = $output | Where-Object { $_ -is [DcrPowerShell.DcrKey] }
        $shown = $output, ($key | Format-List * -Force), ($key | ConvertTo-Json -Depth 5) | Out-String
        $shown | Should -Not -Match ([regex]::Escape((Get-ApplicationSecret hidden | ConvertFrom-Json).d))
    }
}
