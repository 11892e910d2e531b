# The main job against a loopback server. Run it by: dotnet run --project tools/Demo, with -- --stay for a prompt to play at.
param(
    # DcrPowerShell.TestServer.dll.
    [Parameter(Mandatory)] [string] $TestServer,
    # Keeps the clients and the server for the prompt that follows.
    [switch] $Stay
)

$root = Split-Path (Split-Path $PSScriptRoot)

# Shows a step and gives it back for the caller to run in its own scope.
function Step([string] $Title, [string] $Code) {
    Write-Host "`n# $Title" -ForegroundColor DarkGray
    foreach ($line in $Code -split "`n") { Write-Host "PS> $line" -ForegroundColor Green }
    [scriptblock]::Create(". { $Code } | Out-Host")
}

if ([Console]::IsOutputRedirected) { $PSStyle.OutputRendering = 'PlainText' }
Import-Module (Join-Path $root 'tests/cmdlets/TestServer.psm1')
Start-TestServerHost -Path $TestServer
$server = New-TestServer @{ rotateToken = 'put'; secretExpiresAt = 'future'; dropScope = @('offline_access') }
$issuer = $server.Issuer
Set-Content tenants.csv @'
ClientName,RedirectUri,Tenant
Riverside Portal,https://portal.riverside.example/callback;https://portal.riverside.example/silent,riverside
Hilltop Portal,https://portal.hilltop.example/callback,hilltop
'@

$Error.Clear()
. (Step 'Load the module' "Import-Module $(Join-Path $root out DcrPowerShell DcrPowerShell.psd1)")
. (Step 'Connect to the server: its registration endpoint is discovered' "Connect-DcrServer $issuer")
. (Step 'Register a client. Its token and secret are kept before you see it' @'
$client = New-DcrClient 'St. Mary Portal' https://portal.stmary.example/callback -Scope 'openid fhirUser offline_access' -Tenant stmary
$client
'@)
. (Step 'A file with more of them' 'Get-Content tenants.csv')
. (Step 'Register them' '$others = Import-Csv tenants.csv | New-DcrClient; $others')
. (Step 'The same file again: nothing is registered twice' 'Import-Csv tenants.csv | New-DcrClient')
. (Step 'List what is known on this machine, without asking the server' 'Get-DcrClient -Offline')
. (Step 'Read a client from the server' '$client | Get-DcrClient | Format-List ClientName, RedirectUris, Scope, SecretExpiry')
. (Step 'Change it: the rest of its metadata stays. The server rotates the registration access token, and the new one is kept' @'
$client = $client | Set-DcrClient -RedirectUri https://portal.stmary.example/v2/callback -Verbose
$client | Format-List ClientName, RedirectUris
'@)
. (Step 'Replace its secret: this server does not do that, and says so' '$client | Reset-DcrClientSecret -Force')
Set-TestServerSwitch $server @{ rotateSecret = 'put' }
. (Step 'Replace its secret, at a server that gives a new one' '$client = $client | Reset-DcrClientSecret -Force; $client')
. (Step 'Try something that no server should accept' "New-DcrClient 'Bad' http://portal.example/callback#top")
. (Step 'See what would be removed' '@($client) + $others | Remove-DcrClient -WhatIf')
if (-not $Stay) {
    . (Step 'Remove them all, at the server and on this machine' '@($client) + $others | Remove-DcrClient -Confirm:$false')
    $left = @(Get-TestServerClient $server).Count
    Stop-TestServerHost

    # These errors were part of the show.
    $wanted = 'OperationNotSupported', 'InvalidRedirectUri'
    $seen = @($Error | ForEach-Object { ($_.FullyQualifiedErrorId -split ',')[0] } | Sort-Object -Descending)
    if ("$seen" -ne "$wanted" -or $left) {
        Write-Host "`nThe demo failed. Errors: $seen; expected: $wanted. Clients left at the server: $left." -ForegroundColor Red
        exit 1
    }

    Write-Host "`nTo go on from here at a prompt: dotnet run --project tools/Demo -- --stay" -ForegroundColor DarkGray
    exit 0
}

Write-Host @"

# The prompt is yours, until you type exit: the module is loaded and connected to $issuer.
# `$client and `$others are registered. Try: Get-Command -Module DcrPowerShell; Get-Help New-DcrClient -Examples; `$client | Get-DcrClient
# The server does as you say: Get-TestServerRequest `$server; Set-TestServerSwitch `$server @{ rotateToken = 'none' }; New-TestServer
"@ -ForegroundColor DarkGray
