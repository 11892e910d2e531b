# Needs: PSScriptAnalyzer
#requires -Version 7.0
BeforeAll { $root = Split-Path (Split-Path $PSScriptRoot) }

# Test-Package.ps1 runs this file without the module, too.
Describe 'The scripts of this repository' -Skip:(-not (Get-Module PSScriptAnalyzer -ListAvailable)) {
    It 'follow the rules of PSScriptAnalyzerSettings.psd1' {
        $scripts = Get-ChildItem $root -Recurse -Include *.ps1, *.psm1, *.psd1 |
            Where-Object { $_.FullName.Substring($root.Length) -notmatch '[\\/](node_modules|bin|obj|out)[\\/]' }
        $scripts | Should -Not -BeNullOrEmpty
        # A name that is misspelt there would leave nothing out and switch nothing on.
        $settings = Import-PowerShellDataFile (Join-Path $root PSScriptAnalyzerSettings.psd1)
        @($settings.ExcludeRules) + @($settings.Rules.Keys) | Where-Object { $_ -notin (Get-ScriptAnalyzerRule).RuleName } |
            Should -BeNullOrEmpty
        $scripts | Invoke-ScriptAnalyzer -Settings (Join-Path $root PSScriptAnalyzerSettings.psd1) |
            ForEach-Object { "$($_.ScriptName), line $($_.Line): $($_.RuleName): $($_.Message)" } | Should -BeNullOrEmpty
    }
}
