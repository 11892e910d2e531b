BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
}

AfterAll { Stop-DcrTest }

Describe 'Set-DcrClient' {
    BeforeAll { $server = New-ConnectedServer }

    BeforeEach {
        $client = New-DcrClient @app -Scope read -TosUri https://app.example.com/terms -Tenant contoso -AllowDuplicate `
            -Metadata @{ 'client_name#de' = 'Anwendung'; custom = @{ level = 1 } }
        Clear-TestServerRequest $server
    }

    It 'reads the client, changes what is named, and writes it back whole' {
        $changed = Set-DcrClient $client.ClientId -RedirectUri https://app.example.com/new

        $changed | Should -BeOfType DcrPowerShell.DcrClient
        $changed.RedirectUris | Should -Be 'https://app.example.com/new'
        $changed.ClientName | Should -Be 'App'
        $changed.Tenant | Should -Be 'contoso'
        $changed.Changes.Count | Should -Be 0
        (Get-TestServerRequest $server).operation | Should -Be 'read', 'update'

        $sent = Get-SentMetadata $server -Operation update
        $sent.client_id | Should -Be $client.ClientId
        $sent.scope | Should -Be 'read'
        $sent.'client_name#de' | Should -Be 'Anwendung'
        $sent.custom.level | Should -Be 1
        $sent.PSObject.Properties.Name | Should -Not -Contain 'registration_access_token'
        $sent.PSObject.Properties.Name | Should -Not -Contain 'registration_client_uri'
        $sent.PSObject.Properties.Name | Should -Not -Contain 'client_secret_expires_at'
        $sent.PSObject.Properties.Name | Should -Not -Contain 'client_id_issued_at'

        $known = (Get-TestServerClient $server $client.ClientId).metadata
        $known.redirect_uris | Should -Be 'https://app.example.com/new'
        $known.tos_uri | Should -Be 'https://app.example.com/terms'
        (Get-KeptRecord $client).metadata.redirect_uris | Should -Be 'https://app.example.com/new'
    }

    It 'takes a client <_> for the client alone' -ForEach 'out of a file', 'out of a job', 'that Select-Object gave',
        'of a file that Select-Object gave', 'out of JSON' {
        $client | Export-Clixml "$TestDrive/client.xml"
        $old = switch ($_) {
            'out of a file' { Import-Clixml "$TestDrive/client.xml" }
            'out of a job' { Start-Job { Import-Clixml $args[0] } -ArgumentList "$TestDrive/client.xml" | Receive-Job -Wait -AutoRemoveJob }
            'that Select-Object gave' { $client | Select-Object ClientId, RedirectUris, Scope }
            'out of JSON' { $client | ConvertTo-Json -Depth 5 | ConvertFrom-Json }
            'of a file that Select-Object gave' { Import-Clixml "$TestDrive/client.xml" | Select-Object * }
        }
        $null = Set-DcrClient $client.ClientId -RedirectUri https://app.example.com/new -Scope write
        Clear-TestServerRequest $server
        $changed = $old | Set-DcrClient -Contact admin@example.com
        $changed.RedirectUris, $changed.Scope, $changed.Contacts | Should -Be 'https://app.example.com/new', 'write', 'admin@example.com'
        $null = Assert-Failure { $old | Set-DcrClient } -Id InvalidClientMetadata -Category InvalidData `
            -Message '*Nothing to change was named. Nothing was sent.'
    }

    It 'changes <Member> by -<Parameter>' -ForEach @(
        @{ Parameter = 'ClientName'; Member = 'client_name'; Value = 'New' }
        @{ Parameter = 'Name'; Member = 'client_name'; Value = 'New' }
        @{ Parameter = 'redirect_uris'; Member = 'redirect_uris'; Value = 'https://a.example.com/', 'https://b.example.com/' }
        @{ Parameter = 'GrantType'; Member = 'grant_types'; Value = 'authorization_code', 'refresh_token' }
        @{ Parameter = 'Scope'; Member = 'scope'; Value = 'read', 'write'; Sent = 'read write' }
        @{ Parameter = 'Contact'; Member = 'contacts'; Value = @('admin@example.com') }
        @{ Parameter = 'TokenEndpointAuthMethod'; Member = 'token_endpoint_auth_method'; Value = 'client_secret_post' }
        @{ Parameter = 'LogoUri'; Member = 'logo_uri'; Value = 'https://app.example.com/logo.png' }
        @{ Parameter = 'Metadata'; Member = 'default_max_age'; Value = @{ default_max_age = 60 }; Sent = 60 }
    ) {
        if (-not (Test-Path variable:Sent)) { $Sent = $Value }
        $arguments = @{ $Parameter = $Value }
        $null = Set-DcrClient $client.ClientId @arguments
        (Get-SentMetadata $server -Operation update).$Member | Should -Be $Sent
    }

    It 'adds one redirect URI, and removes one, and leaves the others' {
        $changed = Set-DcrClient $client.ClientId -AddRedirectUri https://b.example.com/, https://c.example.com/
        $changed.RedirectUris | Should -Be 'https://app.example.com/callback', 'https://b.example.com/', 'https://c.example.com/'
        $changed = $changed | Set-DcrClient -RemoveRedirectUri https://b.example.com/
        $changed.RedirectUris | Should -Be 'https://app.example.com/callback', 'https://c.example.com/'
        $row = [pscustomobject]@{ ClientId = $client.ClientId; AddRedirectUri = 'https://d.example.com/'; RemoveRedirectUri = '' }
        ($row | Set-DcrClient).RedirectUris | Should -Be 'https://app.example.com/callback', 'https://c.example.com/',
            'https://d.example.com/'
        (Get-TestServerClient $server $client.ClientId).metadata.redirect_uris | Should -HaveCount 3
    }

    It 'says what was so before, and sends nothing for that' {
        $null = Set-DcrClient $client.ClientId -AddRedirectUri https://app.example.com/callback -RemoveRedirectUri https://b.example.com/ `
            -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -BeLike '*the redirect URI https://* that was to be * was *there*'
        $warned | Should -HaveCount 2
        (Get-TestServerRequest $server).operation | Should -Be 'read'
    }

    It 'does not take single redirect URIs beside all of them, and names the parameter of a bad one' {
        $all = @{ Id = 'InvalidClientMetadata'; Category = 'InvalidData'; Message = '*-RedirectUri*-AddRedirectUri*' }
        $null = Assert-Failure {
            Set-DcrClient $client.ClientId -RedirectUri https://a.example.com/ -AddRedirectUri https://b.example.com/
        } @all
        $null = Assert-Failure {
            Set-DcrClient $client.ClientId -Metadata @{ redirect_uris = @() } -RemoveRedirectUri https://b.example.com/
        } @all
        $null = Assert-Failure {
            [pscustomobject]@{ ClientId = $client.ClientId; redirect_uris = 'https://a.example.com/' } |
                Set-DcrClient -AddRedirectUri https://b.example.com/
        } @all
        $null = Assert-Failure {
            Set-DcrClient $client.ClientId -AddRedirectUri https://b.example.com/ -RemoveRedirectUri https://b.example.com/
        } -Id InvalidClientMetadata -Category InvalidData -Message '*both name https://b.example.com/*'
        $null = Assert-Failure { Set-DcrClient $client.ClientId -AddRedirectUri 'javascript:alert(1)' } -Id InvalidRedirectUri `
            -Category InvalidArgument -Message '-AddRedirectUri: *'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        (Set-DcrClient $client.ClientId -AddRedirectUri https://b.example.com/ -WhatIf) | Should -BeNullOrEmpty
        @(Get-TestServerRequest $server -Operation update) | Should -BeNullOrEmpty
    }

    It 'removes a member by <How>' -ForEach @(
        @{ How = 'null in -Metadata'; Change = @{ Metadata = @{ tos_uri = $null } } }
        @{ How = 'an empty value'; Change = @{ TosUri = '' } }
        @{ How = '$null'; Change = @{ TosUri = $null } }
    ) {
        (Set-DcrClient $client.ClientId @Change).Metadata.Contains('tos_uri') | Should -BeFalse
        (Get-TestServerClient $server $client.ClientId).metadata.PSObject.Properties.Name | Should -Not -Contain 'tos_uri'
    }

    It 'says so when the server has a value for what was to be removed' {
        $null = Set-DcrClient $client.ClientId -ApplicationType '' -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike '*still has a value*application_type*'
    }

    It 'takes clients from the pipeline: <How>' -ForEach @(
        @{ How = 'as objects'; Set = { $client | Set-DcrClient -Scope write } }
        @{ How = 'by ClientId'; Set = { [pscustomobject]@{ ClientId = $client.ClientId; Scope = 'write' } | Set-DcrClient } }
        @{ How = 'by wire names'; Set = { [pscustomobject]@{ client_id = $client.ClientId; scope = 'write' } | Set-DcrClient } }
    ) {
        (& $Set).Scope | Should -Be 'write'
    }

    It 'takes no wishes from a piped client, which may be old' {
        $null = Set-DcrClient $client.ClientId -RedirectUri https://app.example.com/newer
        ($client | Set-DcrClient -ClientName Renamed).RedirectUris | Should -Be 'https://app.example.com/newer'
    }

    It 'takes empty cells of a CSV file for no wish' {
        $row = 'ClientId,Scope,TosUri,ClientName', "$($client.ClientId),write,," | ConvertFrom-Csv
        $changed = $row | Set-DcrClient
        $changed.Scope | Should -Be 'write'
        $changed.ClientName | Should -Be 'App'
        $changed.Metadata['tos_uri'] | Should -Be 'https://app.example.com/terms'
    }

    It 'shows what was granted otherwise' {
        $null = New-ConnectedServer @{ dropScope = @('admin') }
        $client = New-DcrClient @app -Scope read
        $changed = Set-DcrClient $client.ClientId -Scope read, admin -WarningVariable warnings -WarningAction SilentlyContinue
        $changed.Changes.Name | Should -Be 'scope'
        $warnings.Count | Should -Be 1
        $null = Connect-DcrServer $server.Issuer
    }

    It 'sends nothing and keeps nothing with -WhatIf' {
        $before = Get-KeptRecord $client | ConvertTo-Json -Depth 10
        Set-DcrClient $client.ClientId -Scope write -WhatIf | Should -BeNullOrEmpty
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        Get-KeptRecord $client | ConvertTo-Json -Depth 10 | Should -BeExactly $before
    }

    It 'stores the secret that a client gets with another authentication method' {
        $public = New-DcrClient @app -TokenEndpointAuthMethod none
        $public.ClientSecret | Should -BeNullOrEmpty
        $null = Set-DcrClient $public.ClientId -TokenEndpointAuthMethod client_secret_basic
        (Get-KeptRecord $public).client_secret | Should -BeExactly (Get-TestServerClient $server $public.ClientId).clientSecret
        (Get-KeptRecord $public).client_secret | Should -Not -BeNullOrEmpty
    }
}

Describe 'Set-DcrClient with servers of other habits' {
    It 'stores the token that an update brings, and uses it from then on' {
        $server = New-ConnectedServer @{ rotateToken = 'put' }
        $client = New-DcrClient @app
        $first = (Get-KeptRecord $client).registration_access_token
        foreach ($scope in 'one', 'two', 'three') {
            $changed = Set-DcrClient $client.ClientId -Scope $scope
            $now = (Get-TestServerClient $server).registrationAccessToken
            $now | Should -Not -Be $first
            (Get-KeptRecord $client).registration_access_token | Should -BeExactly $now
            ConvertTo-PlainText $changed.RegistrationAccessToken | Should -BeExactly $now
        }
    }

    It 'changes a client where <Name>' -ForEach @(
        @{ Name = 'an update must not carry the secret'; Switches = @{ putSecret = 'forbidden' } }
        @{ Name = 'an update must carry the secret'; Switches = @{ putSecret = 'required' } }
        @{ Name = 'an update must be complete'; Switches = @{ requireCompletePut = $true } }
        @{ Name = 'empty members stand for absent ones'; Switches = @{ emptyMembers = 'hydra'; requireCompletePut = $true } }
        @{ Name = 'the scope comes as an array'; Switches = @{ scopeAsArray = $true } }
        @{ Name = 'redirect URIs come as a text'; Switches = @{ redirectUrisAsString = $true } }
    ) {
        $null = New-ConnectedServer $Switches
        $client = New-DcrClient @app -Scope read
        $changed = Set-DcrClient $client.ClientId -PolicyUri https://app.example.com/privacy -WarningVariable warnings
        $changed.Metadata['policy_uri'] | Should -Be 'https://app.example.com/privacy'
        $changed.Scope | Should -Be 'read'
        $changed.RedirectUris | Should -Be $app.RedirectUri
        $warnings | Should -BeNullOrEmpty
    }
}

Describe 'Set-DcrClient fails' {
    BeforeAll { $server = New-ConnectedServer }

    BeforeEach {
        Set-TestServerSwitch $server @{ faults = @(); operations = @('read', 'update', 'delete') }
        $client = New-DcrClient @app
        Clear-TestServerRequest $server
    }

    It 'without anything to change' {
        $failure = Assert-Failure { Set-DcrClient $client.ClientId } -Id InvalidClientMetadata -Category InvalidData -Action '*-Metadata*'
        $failure.TargetObject | Should -Be $client.ClientId
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'with a change that no server could accept, unless told to leave the judging to the server' {
        $null = Assert-Failure { Set-DcrClient $client.ClientId -RedirectUri https://app.example.com/#top } -Id InvalidRedirectUri `
            -Category InvalidArgument -Message '-RedirectUri*fragment*' -Action '*-SkipValidation*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
        $null = Assert-Failure { Set-DcrClient $client.ClientId -RedirectUri https://app.example.com/#top -SkipValidation } `
            -Id InvalidRedirectUri -Category InvalidArgument -Message '*The server*'
        (Get-TestServerRequest $server).operation | Should -Be 'read', 'update'
    }

    It 'that takes away the keys a client signs with' {
        $keys = '{"keys":[{"kty":"EC","crv":"P-256","x":"x","y":"y"}]}'
        $signs = New-DcrClient Signs -RedirectUri https://app.example.com/ -TokenEndpointAuthMethod private_key_jwt -Jwks $keys
        $null = Assert-Failure { $signs | Set-DcrClient -Jwks $null } -Id InvalidClientMetadata -Category InvalidData `
            -Message '*jwks is missing, and private_key_jwt needs it. Nothing was sent.'
        ($signs | Set-DcrClient -Jwks $null -TokenEndpointAuthMethod client_secret_basic).TokenEndpointAuthMethod |
            Should -Be client_secret_basic
    }

    It 'and leaves the record as it was when the server refuses' {
        $before = Get-KeptRecord $client | ConvertTo-Json -Depth 10
        $null = Assert-Failure { Set-DcrClient $client.ClientId -TokenEndpointAuthMethod private_key_jwt } -Id InvalidClientMetadata `
            -Category InvalidData -Message '*jwks*'
        Get-KeptRecord $client | ConvertTo-Json -Depth 10 | Should -BeExactly $before
    }

    It 'where the server has no updates' {
        Set-TestServerSwitch $server @{ operations = @('read', 'delete') }
        $null = Assert-Failure { Set-DcrClient $client.ClientId -Scope read } -Id OperationNotSupported -Category NotImplemented
    }

    It 'not when the answer is lost and a read shows that the change was made' {
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'update'; drop = 'beforeAnswer' }) }
        (Set-DcrClient $client.ClientId -Scope read).Scope | Should -Be 'read'
        @(Get-TestServerRequest $server -Operation update).Count | Should -Be 1 -Because 'a change that was made is not sent again'
    }

    It 'with OutcomeUnknown when the answer is lost and the server does not answer a read either, and the change can be repeated' {
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'update'; drop = 'beforeAnswer' }, @{ on = 'read'; skip = 1; status = 403 }) }
        $null = Assert-Failure { Set-DcrClient $client.ClientId -Scope read } -Id OutcomeUnknown -Category InvalidResult `
            -Action '*Get-DcrClient*'
        @(Get-TestServerRequest $server -Operation update).Count | Should -Be 1 -Because 'a change is not sent twice'
        (Set-DcrClient $client.ClientId -Scope read).Scope | Should -Be 'read'
    }

    It 'when another machine has changed the client, and says so' {
        $null = Reset-TestServerClientToken $server $client.ClientId
        $null = Assert-Failure { Set-DcrClient $client.ClientId -Scope read } -Id AccessTokenRejected -Category AuthenticationError `
            -Message '*replaced by a change made elsewhere*' -Action '*another machine*'
        (Get-TestServerRequest $server).operation | Should -Be 'read'
    }

    It 'with ChangeNotKept when somebody else changes the client each time' {
        $theirs = 1..3 | ForEach-Object { @{ redirect_uris = @("https://$_.example.com/") } }
        Set-TestServerSwitch $server @{ overwriteUpdates = @($theirs) }
        $null = Assert-Failure { Set-DcrClient $client.ClientId -AddRedirectUri https://b.example.com/ -WarningAction SilentlyContinue } `
            -Id ChangeNotKept -Category ResourceBusy -Message '*3 times*' -Action '*Get-DcrClient*'
        (Get-KeptRecord $client).metadata.redirect_uris | Should -Be 'https://3.example.com/'
        (Set-DcrClient $client.ClientId -AddRedirectUri https://b.example.com/).RedirectUris |
            Should -Be 'https://3.example.com/', 'https://b.example.com/'
    }
}
