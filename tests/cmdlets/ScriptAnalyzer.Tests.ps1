# Needs: PSScriptAnalyzer
#requires -Version 7.0
BeforeAll { $root = Split-Path (Split-Path $PSScriptRoot) }

Describe 'The scripts of this repository' {
    It 'follow the rules of PSScriptAnalyzerSettings.psd1' {
        $scripts = Get-ChildItem $root -Recurse -Include *.ps1, *.psm1, *.psd1 |
            Where-Object { $_.FullName.Substring($root.Length) -notmatch '[\\/](node_modules|bin|obj|out)[\\/]' }
        $scripts | Should -Not -BeNullOrEmpty
        # As many rules as are named there: a name that is misspelt would leave nothing out.
        $settings = Import-PowerShellDataFile (Join-Path $root PSScriptAnalyzerSettings.psd1)
        @($settings.ExcludeRules) + @($settings.Rules.Keys) | Where-Object { $_ -notin (Get-ScriptAnalyzerRule).RuleName } |
            Should -BeNullOrEmpty
        $scripts | Invoke-ScriptAnalyzer -Settings (Join-Path $root PSScriptAnalyzerSettings.psd1) |
            ForEach-Object { "$($_.ScriptName), line $($_.Line): $($_.RuleName): $($_.Message)" } | Should -BeNullOrEmpty
    }
}
