# The session that docs/session.svg shows. Picture.ps1 runs it and draws what it writes.
param(
    # The test server that stands for https://as.example.com.
    [Parameter(Mandatory)] [string] $Issuer
)

$session = @(
    'Connect-DcrServer https://as.example.com'
    "New-DcrClient 'St. Mary' https://stmary.example/callback -Tenant stmary"
    'Import-Csv tenants.csv | New-DcrClient | Sort-Object Tenant'
    'Import-Csv tenants.csv | New-DcrClient | Sort-Object Tenant # run it again'
    'New-DcrClient Hilltop http://hilltop.example/cb#top -Tenant hill'
    'Remove-DcrClient -Tenant hilltop -WhatIf'
)

# A command in the colours of PowerShell's prompt.
function Get-ColouredCode ([string] $Code) {
    $tokens = $null
    $null = [Management.Automation.Language.Parser]::ParseInput($Code, [ref] $tokens, [ref] $null)
    $colours = @{ Generic = "`e[93m"; Parameter = "`e[90m"; StringLiteral = "`e[36m"; Comment = "`e[32m" }
    $at = 0
    $parts = foreach ($token in $tokens | Where-Object Kind -ne EndOfInput) {
        $extent = $token.Extent
        $Code.Substring($at, $extent.StartOffset - $at)
        $isCommand = $token.TokenFlags.HasFlag([Management.Automation.Language.TokenFlags]::CommandName)
        $colour = if ($isCommand -or "$($token.Kind)" -ne 'Generic') { $colours["$($token.Kind)"] }
        if ($colour) { "$colour$($extent.Text)`e[0m" } else { $extent.Text }
        $at = $extent.EndOffset
    }
    -join $parts
}

$PSStyle.OutputRendering = 'Ansi'
$ProgressPreference = 'SilentlyContinue'
Set-Content tenants.csv @'
ClientName,RedirectUri,Tenant
Riverside,https://riverside.example/cb,riverside
Hilltop,https://hilltop.example/cb,hilltop
'@

foreach ($typed in $session) {
    Write-Host "PS> $(Get-ColouredCode $typed)"
    # A console shows errors where they happen; here they would go to another stream.
    . ([scriptblock]::Create($typed.Replace('https://as.example.com', $Issuer))) 2>&1 |
        ForEach-Object { if ($_ -is [Management.Automation.ErrorRecord]) { Write-Host ($_ | Out-String).TrimEnd() } else { $_ } } |
        Out-Default
}
