BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $inTwelveDays = [DateTimeOffset]::UtcNow.AddDays(12).AddMinutes(5).ToUnixTimeSeconds()
    $server = New-ConnectedServer @{ dropScope = @('admin'); answerOverrides = @{
        any = @{ client_secret_expires_at = $inTwelveDays } } } @{ Name = 'production' }
    $client = New-DcrClient 'Patient portal of the northern clinics' https://portal.example.com/callback -Tenant clinic-1 `
        -Scope read, admin -WarningAction SilentlyContinue
    $secrets = (ConvertTo-PlainText $client.ClientSecret), (ConvertTo-PlainText $client.RegistrationAccessToken)

    # The lines of a view, and the whole text of one column of its first row, however it is wrapped.
    function Get-View([object] $Object, [int] $Width) { ($Object | Out-String -Width $Width) -split '\r?\n' | Where-Object { $_ } }

    function Get-Column([string[]] $View, [string] $Name, [string] $Next) {
        $start = $View[0].IndexOf($Name)
        $length = $View[0].IndexOf($Next) - $start
        -join ($View | Select-Object -Skip 2 | ForEach-Object { $_.PadRight(200).Substring($start, $length).Trim() })
    }
}

AfterAll { Stop-DcrTest }

Describe 'A client' {
    It 'is a table that fits <_> columns, with its id in full' -ForEach 80, 120 {
        $view = Get-View $client $_
        $view[0] | Should -Match '^ClientId +ClientName +Tenant +SecretExpiry *$'
        $view.Count | Should -Be 3 -Because 'a client is one line'
        $view[2].TrimEnd().Length | Should -BeLessOrEqual $_
        Get-Column $view ClientId ClientName | Should -BeExactly $client.ClientId
        Get-Column $view Tenant SecretExpiry | Should -Be 'clinic-1'
        $view[2] | Should -Match 'in 12 days *$'
    }

    It 'has room for a GUID, and for a name and a tenant of a usual length, in <Width> columns' -ForEach @(
        @{ Width = 80; Name = 'Patient porta…'; Tenant = 'clinic-of-th…' }
        @{ Width = 120; Name = 'Patient portal of the northern cl…'; Tenant = 'clinic-of-the-north' }
    ) {
        $id = "$([guid]::NewGuid())"
        $null = New-ConnectedServer @{ answerOverrides = @{ any = @{ client_id = $id } } }
        $long = New-DcrClient 'Patient portal of the northern clinics' https://portal.example.com/callback -Tenant clinic-of-the-north `
            -WarningAction SilentlyContinue
        $view = Get-View $long $Width
        $view.Count | Should -Be 3
        $view[2] | Should -Match "^$id +$Name +$Tenant "
    }

    It 'shows when its secret expires: <Name>' -ForEach @(
        @{ Name = 'never'; Expiry = 'zero'; Text = 'never *$' }
        @{ Name = 'soon'; Expiry = 'future'; Text = 'in 90 days *$' }
        @{ Name = 'past'; Expiry = 'past'; Text = 'ago *$' }
        @{ Name = 'unknown'; Expiry = 'absent'; Text = 'unknown *$' }
    ) {
        $null = New-ConnectedServer @{ secretExpiresAt = $Expiry }
        (Get-View (New-DcrClient App https://app.example.com/ -WarningAction SilentlyContinue) 120)[2] | Should -Match $Text
    }

    It 'shows no expiry where there is no secret' {
        $null = New-ConnectedServer
        (Get-View (New-DcrClient App https://app.example.com/ -TokenEndpointAuthMethod none) 120)[2] |
            Should -Not -Match 'never|unknown|in \d'
    }

    It 'is a list of everything that is not secret' {
        $list = $client | Format-List | Out-String -Width 200
        'ClientName', 'ClientId', 'Tenant', 'Issuer', 'RedirectUris', 'GrantTypes', 'ResponseTypes', 'Scope', 'TokenEndpointAuthMethod',
            'ApplicationType', 'Contacts',
        'IssuedAt', 'ClientSecretExpiresAt', 'SecretExpiry', 'RegistrationClientUri', 'SecretName', 'Changes', 'Metadata' |
            ForEach-Object { $list | Should -Match "(?m)^$_ +: " }
        $list | Should -Match "Changes +: \{scope: asked for 'read admin', granted 'read'\}"
        $list | Should -Not -Match '(?m)^(ClientSecret|RegistrationAccessToken) '
        $secrets | ForEach-Object { $list.Contains($_) | Should -BeFalse }
    }

    It 'is listed without changes where there are none' {
        $null = New-ConnectedServer
        New-DcrClient App https://app.example.com/ | Format-List | Out-String -Width 200 | Should -Not -Match '(?m)^Changes '
    }

    It 'goes to <Cmdlet> with its lists, states and expiry readable, and without its secrets' -ForEach @(
        @{ Cmdlet = 'ConvertTo-Json'; Text = { $client | ConvertTo-Json } }
        @{ Cmdlet = 'ConvertTo-Csv'; Text = { $client | ConvertTo-Csv } }
        @{ Cmdlet = 'Select-Object *'; Text = { $client | Select-Object * | Out-String -Width 500 } }
    ) {
        $text = & $Text | Out-String
        $text | Should -Match 'in 12 days'
        $text | Should -Match 'Local'
        $text | Should -Not -Match 'SecureString|"Length"|System\.Collections|Readable'
        $text | Should -Not -Match '\bClientSecret\b|RegistrationAccessToken'
        $secrets | ForEach-Object { $text.Contains($_) | Should -BeFalse }
    }

    It 'has its metadata as JSON in a CSV file' {
        ($client | ConvertTo-Csv | ConvertFrom-Csv).Metadata | ConvertFrom-Json | ForEach-Object client_id |
            Should -BeExactly $client.ClientId
    }

    It 'gives its secrets to whoever names them' {
        ($client | Select-Object -ExpandProperty ClientSecret) | Should -BeOfType securestring
        ($client | ForEach-Object RegistrationAccessToken) | Should -BeOfType securestring
    }

    It 'is the same client after a change, for -eq, -contains, Compare-Object and Select-Object -Unique' {
        $read = Get-DcrClient -Connection production $client.ClientId
        [object]::ReferenceEquals($read, $client) | Should -BeFalse
        $read -eq $client | Should -BeTrue
        @($read) -contains $client | Should -BeTrue
        Compare-Object $read $client | Should -BeNullOrEmpty
        @($read, $client | Select-Object -Unique).Count | Should -Be 1
    }

    It 'has an expiry that sorts and compares as a time' {
        $null = New-ConnectedServer @{ secretExpiresAt = 'zero' }
        $never = New-DcrClient App https://app.example.com/
        $never, $client | Sort-Object SecretExpiry | ForEach-Object ClientId | Should -Be $client.ClientId, $never.ClientId
        $never, $client | Where-Object SecretExpiry -lt (Get-Date).AddDays(30) | ForEach-Object ClientId | Should -Be $client.ClientId
        $never, $client | Where-Object SecretExpiry -gt ([DateTimeOffset]::UtcNow) | Should -HaveCount 2
        $never, $client | Where-Object SecretExpiry -lt '2999-01-31' | ForEach-Object ClientId | Should -Be $client.ClientId
        { $client.SecretExpiry -lt 'soon' } | Should -Throw "*'soon' is no time: write it as 2027-01-31*"
        $never.SecretExpiry -eq 'never' | Should -BeTrue
        $client.SecretExpiry -like 'in *' | Should -BeTrue
    }

    It 'has an expiry that sorts and compares as a time also where it went through a file' {
        $null = New-ConnectedServer @{ secretExpiresAt = 'zero' }
        $never = New-DcrClient App https://app.example.com/
        $never, $client | Export-Clixml "$TestDrive/clients.xml"
        $read = Import-Clixml "$TestDrive/clients.xml"
        $read | Sort-Object SecretExpiry | ForEach-Object ClientId | Should -Be $client.ClientId, $never.ClientId
        $read | Where-Object SecretExpiry -lt (Get-Date).AddDays(30) | ForEach-Object ClientId | Should -Be $client.ClientId
        ($read | Where-Object SecretExpiry -eq never).ClientId | Should -Be $never.ClientId
    }

    It 'shows the expiry of a secret that a server gave a public client' {
        $null = New-ConnectedServer @{ answerOverrides = @{ any = @{ client_secret = 'secret-of-the-test';
            client_secret_expires_at = 0 } } }
        (Get-View (New-DcrClient App https://app.example.com/ -TokenEndpointAuthMethod none -WarningAction SilentlyContinue) 120)[2] |
            Should -Match 'never *$'
    }

    It 'shows no secret after another object has opened the table' {
        $text = [pscustomobject]@{ ClientId = 1; ClientSecret = 2; RegistrationAccessToken = 3 }, $client | Out-String -Width 200
        $text | Should -Match ([regex]::Escape($client.ClientId))
        $secrets | ForEach-Object { $text.Contains($_) | Should -BeFalse }
    }
}

Describe 'A connection' {
    It 'is a table that fits <_> columns' -ForEach 80, 120 {
        $view = Get-View (Get-DcrServer production) $_
        $view[0] | Should -Match '^Name +Issuer +Credential +Store *$'
        "$view" | Should -Not -Match '…|\.\.\.'
        Get-Column $view Issuer Credential | Should -BeExactly $server.Issuer
        $view[2] | Should -Match '^production .* None +local store *$'
    }

    It 'is a list of all that is known of it' {
        $list = Get-DcrServer production | Format-List | Out-String -Width 200
        $list | Should -Match "(?m)^RegistrationEndpoint +: $([regex]::Escape("$($server.Url)/register"))"
        $list | Should -Match '(?m)^Capabilities +: Register, Read, Update, Delete'
        $list | Should -Match '(?m)^ManageBy +: Client\s*$'
    }

    It 'shows what it was made with, and not the token' {
        $null = Connect-DcrServer $server.Issuer -Name guarded -InitialAccessToken (ConvertTo-Secret 'initial-token-of-the-test')
        $text = Get-DcrServer guarded | Out-String -Width 80
        $text | Should -BeLike '*InitialAccessToken*'
        $text | Should -Not -BeLike '*initial-token-of-the-test*'
    }
}
