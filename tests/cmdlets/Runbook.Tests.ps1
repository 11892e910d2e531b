# The script of docs/runbook.md, as it stands there.
BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Import-Module "$PSScriptRoot/Samples.psm1"
    Start-DcrTest
    $page = Join-Path (Split-Path (Split-Path $PSScriptRoot)) docs/runbook.md
    $block = (Get-CodeBlock $page | Where-Object { $_.Code -like '*weekly.ps1*' }).Code
    $script = [regex]::Match($block, "(?s)@'\r?\n(.*?)\r?\n'@").Groups[1].Value

    function Invoke-Weekly {
        Set-Content "$folder/weekly.ps1" (Use-TestAddress $script @{ 'https://as.example.com' = $server.Issuer })
        $run = Wait-Pwsh (Start-Pwsh "Set-Location '$folder'; ./weekly.ps1; exit `$LASTEXITCODE")
        $run.ExitCode
    }
}

AfterAll { Stop-DcrTest }

Describe 'The weekly script' {
    BeforeEach {
        Switch-TestFolder
        $server = New-ConnectedServer
        $folder = (New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid()))).FullName
        Set-Content "$folder/clients.csv" 'Tenant,ClientName,RedirectUri', 'north,North,https://north.example/',
            'south,South,https://s.example/'
    }

    It 'makes clients as the list has them and ends with 0, also the second time' {
        Invoke-Weekly | Should -Be 0
        Invoke-Weekly | Should -Be 0
        @(Get-TestServerClient $server).Count | Should -Be 2
        @(Get-ChildItem $folder -Filter sync-*.csv).Count | Should -BeGreaterOrEqual 1
        @(Get-ChildItem $folder -Filter clients-*.html).Count | Should -BeGreaterOrEqual 1
    }

    It 'ends with 2 where there is a client that the list does not name' {
        $null = New-DcrClient Extra https://extra.example/ -Tenant extra
        Invoke-Weekly | Should -Be 2
    }

    It 'ends with 1 where a row is faulty, and does the others' {
        Add-Content "$folder/clients.csv" 'west,West,nowhere'
        Invoke-Weekly | Should -Be 1
        @(Get-TestServerClient $server).Count | Should -Be 2
    }

    It 'ends with 1 where there is no server' {
        Remove-TestServer $server
        Invoke-Weekly | Should -Be 1
    }
}
