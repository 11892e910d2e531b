BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $module = Get-Module DcrPowerShell
    $manifestPath = Join-Path $module.ModuleBase 'DcrPowerShell.psd1'
}

AfterAll { Stop-DcrTest }

Describe 'The module' {
    It 'has a valid manifest' {
        $tested = Test-ModuleManifest $manifestPath
        $tested.Name | Should -Be 'DcrPowerShell'
        $tested.RequiredModules | Should -BeNullOrEmpty -Because 'the local store needs none'
        $tested.CompatiblePSEditions | Should -Be 'Desktop', 'Core'
    }

    It 'exports the cmdlets of its manifest and nothing else' {
        $listed = [regex]::Matches((Get-Content $manifestPath -Raw), "'(\w+-\w*Dcr\w*)'") | ForEach-Object { $_.Groups[1].Value }
        $module.ExportedCmdlets.Keys | Sort-Object | Should -Be ($listed | Sort-Object)
        $module.ExportedFunctions.Keys | Should -BeNullOrEmpty
        $module.ExportedAliases.Keys | Should -BeNullOrEmpty
        $module.ExportedVariables.Keys | Should -BeNullOrEmpty
    }

    It 'carries the version of its manifest in its assemblies' {
        foreach ($name in 'DcrPowerShell', 'DcrPowerShell.Core') {
            [Reflection.AssemblyName]::GetAssemblyName((Join-Path $module.ModuleBase "core/$name.dll")).Version.ToString(3) |
                Should -Be $module.Version
        }
    }

    It 'ships nobody else''s assembly to PowerShell 7' {
        (Get-ChildItem (Join-Path $module.ModuleBase core) -Filter *.dll).Name | Sort-Object |
            Should -Be 'DcrPowerShell.Core.dll', 'DcrPowerShell.dll'
    }

    It 'ships what Windows PowerShell lacks in a folder of its own' {
        $names = (Get-ChildItem (Join-Path $module.ModuleBase desktop) -Filter *.dll).Name
        'DcrPowerShell.dll', 'DcrPowerShell.Core.dll', 'System.Text.Json.dll', 'System.Net.Http.Json.dll', 'System.Formats.Asn1.dll' |
            ForEach-Object { $names | Should -Contain $_ }
    }

    It 'has help for every cmdlet' {
        foreach ($name in $module.ExportedCmdlets.Keys) {
            $help = Get-Help $name -Full
            $help.Synopsis | Should -Not -BeNullOrEmpty
            $help.Synopsis | Should -Not -BeLike "*$name *-*" -Because 'that would be the syntax, not a synopsis'
            @($help.examples.example).Count | Should -BeGreaterThan 0
        }

        Get-Help about_DcrPowerShell | Should -BeLike '*DcrPowerShell*'
    }
}

Describe 'Importing the module' {
    It 'writes nothing and loads nothing else' {
        $result = Wait-Pwsh (Start-Pwsh "(Get-Module | Where-Object Name -notlike 'Microsoft.PowerShell.[MU]*').Name | Sort-Object
            [AppDomain]::CurrentDomain.GetAssemblies().GetName().Name | Where-Object { `$_ -like '*Secret[SM]*' }")
        $result.Errors | Should -BeNullOrEmpty
        $result.Output -split '\r?\n' | Where-Object { $_ } | Should -Be 'DcrPowerShell'
    }

    It 'works in a second runspace, which starts without connections' {
        $null = New-ConnectedServer
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$manifestPath'; @(Get-DcrServer).Count")
            $shell.Invoke() | Should -Be 0
            $shell.Streams.Error | Should -BeNullOrEmpty
        } finally { $shell.Dispose() }
    }

    It 'works again after it was removed' {
        $server = New-TestServer
        $result = Wait-Pwsh (Start-Pwsh "`$null = Connect-DcrServer $($server.Issuer)
            Remove-Module DcrPowerShell
            if (Get-Command New-DcrClient -ErrorAction Ignore) { 'still there' }
            Import-Module '$manifestPath'
            Import-Module '$manifestPath' -Force
            `$null = Connect-DcrServer $($server.Issuer)
            (New-DcrClient App https://app.example.com/ | Get-DcrClient).ClientName")
        $result.Errors | Should -BeNullOrEmpty
        $result.Output.Trim() | Should -Be 'App'
    }
}
