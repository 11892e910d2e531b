BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $app = @{ ClientName = 'App'; RedirectUri = 'https://app.example.com/callback' }
}

AfterAll { Stop-DcrTest }

Describe 'Before anything is sent, New-DcrClient refuses' {
    BeforeAll { $server = New-ConnectedServer }

    BeforeEach { Clear-TestServerRequest $server }

    It '<Name>' -ForEach @(
        @{ Name = 'a redirect URI that is not absolute'; Asked = @{ RedirectUri = '/callback' };
            Message = "-RedirectUri: Redirect URI '/callback' is not an absolute URI*" }
        @{ Name = 'a redirect URI with a fragment'; Asked = @{ RedirectUri = 'https://app.example.com/#a' };
            Message = '-RedirectUri*fragment*' }
        @{ Name = 'a redirect URI with a wildcard'; Asked = @{ RedirectUri = 'https://*.example.com/' };
            Message = '-RedirectUri*wildcard*' }
        @{ Name = 'a redirect URI over http to another machine'; Asked = @{ RedirectUri = 'http://app.example.com/' };
            Message = '-RedirectUri*loopback*' }
        @{ Name = 'a redirect URI that runs a script'; Asked = @{ RedirectUri = 'javascript:alert(1)' };
            Message = '-RedirectUri*javascript*' }
        @{ Name = 'a private-use scheme for a web application'; Asked = @{ RedirectUri = 'com.example.app:/cb'; ApplicationType = 'web' };
            Message = '-RedirectUri*application_type is web*' }
        @{ Name = 'one bad redirect URI among good ones'; Asked = @{ RedirectUri = 'https://app.example.com/', 'oops' };
            Message = "-RedirectUri*'oops'*" }
    ) {
        $failure = Assert-Failure { New-DcrClient App @Asked } -Id InvalidRedirectUri -Category InvalidArgument -Message $Message `
            -Action '*-SkipValidation*'
        "$failure" | Should -BeLike '*Nothing was sent*'
        $failure.TargetObject | Should -Be 'App'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It '<Name>' -ForEach @(
        @{ Name = 'a client URI that is no web address'; Asked = @{ ClientUri = 'app' }; Message = '-ClientUri*web address*' }
        @{ Name = 'both jwks and jwks_uri'; Asked = @{ Jwks = @{ keys = @() }; JwksUri = 'https://app.example.com/keys' };
            Message = '-Jwks*cannot be used together*' }
        @{ Name = 'a private key'; Asked = @{ Jwks = @{ keys = @(@{ kty = 'EC'; crv = 'P-256'; x = 'eA'; y = 'eQ'; d = 'ZA' }) } };
            Message = '-Jwks*private*' }
        @{ Name = 'keys that are no key set'; Asked = @{ Jwks = '{ "kty": "EC" }' }; Message = '-Jwks*JSON Web Key Set*' }
        @{ Name = 'keys that are no JSON'; Asked = @{ Jwks = 'keys' }; Message = '*jwks is not*' }
        @{ Name = 'a response type without its grant type'; Asked = @{ GrantType = 'client_credentials'; ResponseType = 'code' };
            Message = '-GrantType*lacks authorization_code*' }
        @{ Name = 'a client that acts for itself without a secret';
            Asked = @{ GrantType = 'client_credentials'; TokenEndpointAuthMethod = 'none' };
            Message = '-TokenEndpointAuthMethod*client_credentials*' }
        @{ Name = 'metadata that is no JSON object'; Asked = @{ Metadata = '[1]' }; Message = '*metadata is not*' }
        @{ Name = 'a secure string as metadata'; Asked = @{ Metadata = @{ a = [securestring]::new() } }; Message = '*SecureString*' }
    ) {
        $null = Assert-Failure { New-DcrClient @app @Asked } -Id InvalidClientMetadata -Category InvalidData -Message $Message
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'grant types that need a redirect URI which is missing' {
        $null = Assert-Failure { New-DcrClient App -GrantType authorization_code } -Id InvalidClientMetadata -Category InvalidData `
            -Message '-RedirectUri*missing*'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'to register nothing at all' {
        $null = Assert-Failure { New-DcrClient } -Id InvalidClientMetadata -Category InvalidData
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'a hashtable from the pipeline, and says how to write it' {
        $null = Assert-Failure { @{ client_name = 'App' } | New-DcrClient } -Id InvalidClientMetadata -Category InvalidData `
            -Action '*pscustomobject*New-DcrClient.'
        $null = Assert-Failure { @{ Tenant = 'north' } | Get-DcrClient } -Id InvalidClientMetadata -Category InvalidData `
            -Message '*hashtable*' -Action '*pscustomobject*Get-DcrClient.'
        Get-TestServerRequest $server | Should -BeNullOrEmpty
    }

    It 'nothing with -SkipValidation' {
        $null = Assert-Failure { New-DcrClient App https://app.example.com/#a -SkipValidation } -Id InvalidRedirectUri `
            -Category InvalidArgument -Message '*The server said: "redirect_uris: must not have a fragment"*'
        Get-SentMetadata $server | ForEach-Object redirect_uris | Should -Be 'https://app.example.com/#a'
    }
}

Describe 'That nothing was sent' {
    BeforeAll {
        $server = New-ConnectedServer
        $kept = New-DcrClient @app -Tenant kept
        $public = New-DcrClient Public https://public.example.com/callback -TokenEndpointAuthMethod none -Tenant public
        $null = New-DcrClient @app -Tenant named -ClientSecretName taken
    }

    BeforeEach {
        # A Connect-DcrServer that fails ends the connection before.
        $null = Connect-DcrServer $server.Issuer
        Clear-TestServerRequest $server
    }

    It 'is said by each error of a command that sent nothing, and by no other: <Name>' -ForEach @(
        @{ Name = 'read an unknown id'; Id = 'ClientNotFound'; Run = { Get-DcrClient -ClientId nope } }
        @{ Name = 'read an unknown id offline'; Id = 'ClientNotFound'; Run = { Get-DcrClient -ClientId nope -Offline } }
        @{ Name = 'change an unknown id'; Id = 'ClientNotFound'; Run = { Set-DcrClient -ClientId nope -ClientName Other } }
        @{ Name = 'new secret of an unknown id'; Id = 'ClientNotFound'; Run = { Reset-DcrClientSecret -ClientId nope -Force } }
        @{ Name = 'new token of an unknown id'; Id = 'ClientNotFound'; Run = { Reset-DcrRegistrationToken -ClientId nope } }
        @{ Name = 'remove an unknown id'; Id = 'ClientNotFound'; Run = { Remove-DcrClient -ClientId nope -Force } }
        @{ Name = 'forget an unknown id'; Id = 'ClientNotFound'; Run = { Remove-DcrClient -ClientId nope -StoreOnly -Force } }
        @{ Name = 'test an unknown id'; Id = 'ClientNotFound'; Run = { Test-DcrClient -ClientId nope } }
        @{ Name = 'repair an unknown id'; Id = 'ClientNotFound'; Run = { Repair-DcrClient -ClientId nope -Force } }
        @{ Name = 'export an unknown id'; Id = 'ClientNotFound';
            Run = { [pscustomobject] @{ ClientId = 'nope' } | Export-DcrClient "$HOME/nope.csv" } }
        @{ Name = 'an unknown name'; Id = 'ClientNotFound'; Run = { Get-DcrClient -ClientName nope } }
        @{ Name = 'an unknown tenant'; Id = 'ClientNotFound'; Run = { Get-DcrClient -Tenant nope } }
        @{ Name = 'a client of another tenant'; Id = 'ClientNotFound'; Run = { Get-DcrClient -ClientId $kept.ClientId -Tenant nope } }
        @{ Name = 'an issuer that is not known'; Id = 'DiscoveryFailed'; Run = { Connect-DcrServer https://nope.example.com -Offline } }
        @{ Name = '-State and -Offline'; Id = 'OperationNotSupported'; Run = { Get-DcrClient -State Gone -Offline } }
        @{ Name = '-Overlap and -CompleteOverlap'; Id = 'OverlapRefused';
            Run = { Reset-DcrClientSecret -ClientId $kept.ClientId -Overlap -CompleteOverlap -Force } }
        @{ Name = '-RedirectUri and -AddRedirectUri'; Id = 'InvalidClientMetadata';
            Run = { Set-DcrClient -ClientId $kept.ClientId -RedirectUri https://a.example.com -AddRedirectUri https://b.example.com } }
        @{ Name = 'a second row of a client'; Id = 'InvalidClientMetadata';
            Run = { 1, 2 | ForEach-Object { [pscustomobject] @{ Tenant = 'kept'; ClientName = 'App' } } | Compare-DcrClient } }
        @{ Name = 'a client without a secret'; Id = 'OperationNotSupported';
            Run = { Reset-DcrClientSecret -ClientId $public.ClientId -Force } }
        @{ Name = 'a secret that is there'; Id = 'SecretExists'; Run = { New-DcrClient @app -ClientSecretName taken } }
        @{ Name = 'what the server refuses'; Id = 'InvalidRedirectUri';
            Run = { New-DcrClient App https://app.example.com/#a -SkipValidation } }
    ) {
        $failures = @(Get-Failure $Run)
        $failures.Count | Should -Be 1 -Because "one error was to be expected, not: $failures"
        $failures[0].Exception.ErrorId | Should -Be $Id
        # A second row is an error of its own, whatever the first one does.
        $sent = if ($Name -like 'a second row*') { 0 } else { @(Get-TestServerRequest $server).Count }
        $failures[0].Exception.NothingSent | Should -Be ($sent -eq 0) -Because "$sent requests were sent: $($failures[0])"
        "$($failures[0])" -like '* Nothing was sent.*' | Should -Be ($sent -eq 0)
    }

    It 'is said of a connection that is not there' {
        (Get-Failure { Get-DcrClient -Connection nope }).Exception.Message | Should -BeLike '*no connection*Nothing was sent.*'
    }
}

Describe 'The table of errors in docs/errors.md' {
    It 'has each error id, with the category that its errors have' {
        $cells = Get-Content "$PSScriptRoot/../../docs/errors.md" |
            Select-String '^\| (?<situation>[^|]+) \| (?<id>[A-Z]\w+) \| (?<category>[A-Z]\w+) \|$'
        $told = $cells | ForEach-Object { "$($_.Matches[0].Groups['id']) $($_.Matches[0].Groups['category'])" } | Sort-Object -Unique
        $module = (Get-Command New-DcrClient).ImplementingType.Assembly
        $categoryOf = $module.GetType('DcrPowerShell.Cmdlets.ErrorRecords').GetMethod('CategoryOf',
            [Reflection.BindingFlags] 'NonPublic, Static')
        $actual = @(foreach ($id in [enum]::GetValues([DcrPowerShell.Errors.DcrErrorId])) {
            "$id $($categoryOf.Invoke($null, @($id)))" }) | Sort-Object -Unique
        $told | Should -Be $actual
    }
}

Describe 'What a server answers to a registration' {
    BeforeAll { $server = New-ConnectedServer }

    BeforeEach {
        # A connection remembers the pause that a server asked for.
        $null = Connect-DcrServer $server.Issuer
        Clear-TestServerRequest $server
    }

    It 'is an error of its own: <Name>' -ForEach @(
        @{ Name = '400 invalid_redirect_uri'; Answer = @{ status = 400; error = 'invalid_redirect_uri' }; Id = 'InvalidRedirectUri';
            Category = 'InvalidArgument'; Message = '-RedirectUri: *''https://app.example.com/callback''*' }
        @{ Name = '400 invalid_client_metadata'; Answer = @{ status = 400; error = 'invalid_client_metadata' };
            Id = 'InvalidClientMetadata'; Category = 'InvalidData' }
        @{ Name = '400 invalid_software_statement'; Answer = @{ status = 400; error = 'invalid_software_statement' };
            Id = 'InvalidSoftwareStatement'; Category = 'InvalidData' }
        @{ Name = '400 unapproved_software_statement'; Answer = @{ status = 400; error = 'unapproved_software_statement' };
            Id = 'UnapprovedSoftwareStatement'; Category = 'PermissionDenied' }
        @{ Name = '409 name_taken'; Answer = @{ status = 409; error = 'name_taken' }; Id = 'InvalidClientMetadata';
            Category = 'InvalidData' }
        @{ Name = '401 invalid_token'; Answer = @{ status = 401; error = 'invalid_token' }; Id = 'AccessTokenRejected';
            Category = 'AuthenticationError'; Action = '*-InitialAccessToken*' }
        @{ Name = '401 unauthorized_client'; Answer = @{ status = 401; error = 'unauthorized_client' }; Id = 'UnauthorizedClient';
            Category = 'PermissionDenied' }
        @{ Name = '403 insufficient_scope'; Answer = @{ status = 403; error = 'insufficient_scope'; scope = 'clients.write' };
            Id = 'InsufficientScope'; Category = 'PermissionDenied'; Message = '*clients.write*' }
        @{ Name = '403 policy'; Answer = @{ status = 403; error = 'policy' }; Id = 'RegistrationForbidden'; Category = 'PermissionDenied' }
        @{ Name = '404'; Answer = @{ status = 404; shape = 'html' }; Id = 'OperationNotSupported'; Category = 'NotImplemented';
            Action = '*-RegistrationEndpoint*' }
        @{ Name = '501'; Answer = @{ status = 501; shape = 'empty' }; Id = 'OperationNotSupported'; Category = 'NotImplemented' }
        @{ Name = '429'; Answer = @{ status = 429; rateLimitHeaders = 'retryAfterSeconds'; retryAfter = 3600 }; Id = 'RateLimited';
            Category = 'LimitsExceeded'; Message = '*60 minutes*' }
        @{ Name = '503'; Answer = @{ status = 503; rateLimitHeaders = 'retryAfterSeconds'; retryAfter = 3600 }; Id = 'ServerUnavailable';
            Category = 'ResourceUnavailable' }
        @{ Name = '500'; Answer = @{ status = 500; shape = 'html' }; Id = 'OutcomeUnknown'; Category = 'InvalidResult';
            Action = '*Find-DcrOrphan*' }
        @{ Name = '502'; Answer = @{ status = 502; shape = 'text' }; Id = 'OutcomeUnknown'; Category = 'InvalidResult' }
        @{ Name = '302'; Answer = @{ status = 302; headers = @{ Location = 'https://login.example.com/?return=x' } };
            Id = 'ResponseNotConformant'; Category = 'ProtocolError'; Message = '*redirects to https://login.example.com (HTTP 302)*' }
    ) {
        $words = if ($Answer['error']) { @{ errorDescription = 'words of the server' } } else { @{} }
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'register' } + $Answer + $words) }
        if (-not (Test-Path variable:Message)) { $Message = '*' }
        if (-not (Test-Path variable:Action)) { $Action = '*' }
        $failure = Assert-Failure { New-DcrClient @app } -Id $Id -Category $Category -Message $Message -Action $Action

        if ($words.Count) {
            "$failure" | Should -BeLike '*The server said: "words of the server"*'
            $failure.Exception.ServerError.Code | Should -Be $Answer.error
        }

        $failure.TargetObject | Should -Be 'App'
        $failure.Exception.ErrorId | Should -Be $Id
        $failure.Exception.ServerError.Status | Should -Be $Answer.status
        @(Get-TestServerRequest $server).Count | Should -Be 1 -Because 'it is not sent again'
    }

    It 'is told in its own words: an error as <Shape> writes it' -ForEach @(
        @{ Shape = 'okta'; Code = 'E0000006'; Words = 'You do not have permission*' }
        @{ Shape = 'auth0'; Code = 'forbidden'; Words = 'words of the server' }
        @{ Shape = 'hydra'; Code = 'forbidden'; Words = 'words of the server' }
    ) {
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'register'; status = 403; error = 'forbidden';
            errorDescription = 'words of the server'; shape = $Shape }) }
        $failure = Assert-Failure { New-DcrClient @app } -Id RegistrationForbidden -Category PermissionDenied
        $failure.Exception.ServerError.Code | Should -Be $Code
        $failure.Exception.ServerError.Description | Should -BeLike $Words
    }

    It 'is of unknown outcome, and not sent again, where <Name>' -ForEach @(
        @{ Name = 'the connection breaks'; Fault = @{ drop = 'beforeAnswer' } }
        @{ Name = 'the answer breaks off'; Fault = @{ drop = 'midBody' }; Action = '*Find-DcrOrphan*' }
        @{ Name = 'no answer comes in time'; Fault = @{ delayMs = 20000 }; Connect = @{ TimeoutSec = 1 } }
    ) {
        if (-not (Test-Path variable:Connect)) { $Connect = @{} }
        if (-not (Test-Path variable:Action)) { $Action = '*before you register again*' }
        $broken = New-TestServer @{ faults = @(@{ on = 'register' } + $Fault) }
        $null = Connect-DcrServer -RegistrationEndpoint "$($broken.Url)/register" @Connect
        $null = Assert-Failure { New-DcrClient @app } -Id OutcomeUnknown -Category InvalidResult -Action $Action
        @(Get-TestServerRequest $broken -Operation register).Count | Should -Be 1
        $null = Connect-DcrServer $server.Issuer
    }

    It 'is waited for where the server asks for it, and sent again' {
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'register'; status = 429; rateLimitHeaders = 'retryAfterSeconds';
            retryAfter = 1 }) }
        (New-DcrClient @app).ClientName | Should -Be 'App'
        @(Get-TestServerRequest $server -Operation register).Count | Should -Be 2
    }

    It 'is kept as it came, where it cannot be read: <Name>' -ForEach @(
        @{ Name = 'a page'; Fault = @{ body = 'html' }; Kept = '*<html>*' }
        @{ Name = 'half of it'; Fault = @{ body = 'half' }; Kept = '{"client_id":*' }
        @{ Name = 'no client_id'; Fault = @{ content = '{"registration_access_token":"rat_of_the_test"}' }; Kept = '*rat_of_the_test*' }
    ) {
        Set-TestServerSwitch $server @{ faults = @(@{ on = 'register' } + $Fault) }
        $failure = Assert-Failure { New-DcrClient @app } -Id ResponseNotConformant -Category ProtocolError -Action '*Find-DcrOrphan*'
        $orphan = Find-DcrOrphan | Select-Object -Last 1
        ConvertTo-PlainText $orphan.Answer | Should -BeLike $Kept
        $orphan | Resolve-DcrOrphan -Dismiss -Confirm:$false
        "$failure" | Should -Not -BeLike '*rat_*'
    }

    It 'is accepted in any of these shapes: <Name>' -ForEach @(
        @{ Name = 'status 200'; Switches = @{ registerStatus = 200 } }
        @{ Name = 'UTF-16'; Switches = @{ faults = @(@{ on = 'register'; encoding = 'utf16' }) } }
        @{ Name = 'UTF-8 with a byte-order mark'; Switches = @{ faults = @(@{ on = 'register'; encoding = 'utf8Bom' }) } }
        @{ Name = 'gzip'; Switches = @{ faults = @(@{ on = 'register'; encoding = 'gzip' }) } }
        @{ Name = 'as text/html'; Switches = @{ faults = @(@{ on = 'register'; contentType = 'text/html' }) } }
    ) {
        $shaped = New-ConnectedServer $Switches
        $client = New-DcrClient Größe https://app.example.com/
        (Get-KeptRecord $client).client_name | Should -BeExactly 'Größe'
        (Get-KeptRecord $client).registration_access_token | Should -BeExactly (Get-TestServerClient $shaped).registrationAccessToken
        $null = Connect-DcrServer $server.Issuer
    }

    It 'makes one warning where it is odd: <Name>' -ForEach @(
        @{ Name = 'no expiry of the secret'; Switches = @{ secretExpiresAt = 'absent' };
            Warning = '*did not say when the client secret expires*'; Expiry = 'unknown' }
        @{ Name = 'no secret'; Switches = @{ issueSecret = 'never' }; Warning = '*no client secret*cannot authenticate*'; Expiry = '' }
        @{ Name = 'a client that was registered before'; Switches = @{ fixedClientId = 'the-one' }; Warning = '*registered before*';
            Expiry = 'never' }
    ) {
        $null = New-ConnectedServer $Switches
        if ($Switches['fixedClientId']) { $null = New-DcrClient @app }
        $client = New-DcrClient @app -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings.Count | Should -Be 1
        "$warnings" | Should -BeLike $Warning
        $client.SecretExpiry | Should -Be $Expiry
        $null = Connect-DcrServer $server.Issuer
    }
}
