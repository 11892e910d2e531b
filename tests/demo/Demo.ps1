# The main job, against a loopback server and with a vault that ends with this process. Run it by: pwsh ./build.ps1 Demo
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$root = Split-Path (Split-Path $PSScriptRoot)

if (-not (Get-Module Microsoft.PowerShell.SecretManagement -ListAvailable)) {
    throw 'The demo needs the module Microsoft.PowerShell.SecretManagement: Install-Module Microsoft.PowerShell.SecretManagement -Scope CurrentUser'
}

# Shows a step and gives it back, to be run by the caller in the caller's own scope.
function Step([string] $Title, [string] $Code) {
    Write-Host "`n# $Title" -ForegroundColor DarkGray
    Write-Host "PS> $Code" -ForegroundColor Green
    [scriptblock]::Create(". { $Code } | Out-Host")
}

$vault = "DcrDemo-$PID"
$userHome = $env:HOME
$throwAway = Join-Path ([IO.Path]::GetTempPath()) $vault
if (-not $IsWindows) {
    # The list of vaults is kept in the home folder: there, the user's own stays untouched.
    $null = New-Item $throwAway -ItemType Directory
    $env:HOME = $throwAway
}

Import-Module (Join-Path $root 'tests/cmdlets/TestServer.psm1')
try {
    Register-SecretVault -Name $vault -ModuleName (Join-Path $root 'tests/cmdlets/vaults/DcrTestVault')
    Start-TestServerHost
    $server = New-TestServer @{ rotateToken = 'put'; secretExpiresAt = 'future'; dropScope = @('offline_access') }
    $issuer = $server.Issuer
    $ErrorActionPreference = 'Continue' # from here on, errors are part of the show

    . (Step 'Load the module' "Import-Module '$(Join-Path $root 'out/DcrPowerShell/DcrPowerShell.psd1')'")
    . (Step 'Connect to the server: its registration endpoint is discovered, and the vault is proved to work' "Connect-DcrServer $issuer -Vault $vault")
    . (Step 'Register a client. Its token and secret are in the vault before you see it' "New-DcrClient 'St. Mary Portal' https://portal.stmary.example/callback -Scope 'openid fhirUser offline_access' -Tenant stmary")
    . (Step 'Register more, from a CSV file' @'
@"
ClientName,RedirectUri,Tenant
Riverside Portal,https://portal.riverside.example/callback;https://portal.riverside.example/silent,riverside
Hilltop Portal,https://portal.hilltop.example/callback,hilltop
"@ | ConvertFrom-Csv | New-DcrClient
'@)
    . (Step 'What the vault holds of them: one secret a client' "Get-SecretInfo -Vault $vault | Format-Table Name, Type")
    . (Step 'Read a client from the server' '$client = Get-DcrClient -Tenant stmary; $client | Format-List ClientName, RedirectUris, Scope, SecretExpiry, SecretName')
    . (Step 'Change it: the rest of its metadata stays. The server rotates the registration access token, and the new one is kept' '$client | Set-DcrClient -RedirectUri https://portal.stmary.example/v2/callback -Verbose')
    . (Step 'Replace its secret: this server does not do that, and says so' 'Reset-DcrClientSecret $client.ClientId')
    Set-TestServerSwitch $server @{ rotateSecret = 'put' }
    . (Step 'Now one that does' '$client | Reset-DcrClientSecret -ClientSecretName stmary-portal-secret')
    . (Step 'Try something that no server should accept' "New-DcrClient 'Bad' http://portal.example/callback#top")
    . (Step 'See what would be removed' 'Get-DcrClient -Tenant * | Remove-DcrClient -WhatIf')
    . (Step 'Remove them all, at the server and from the vault' 'Get-DcrClient | Remove-DcrClient -Confirm:$false')
    . (Step 'Nothing is left but the copy of the secret that was asked for' "Get-SecretInfo -Vault $vault | Format-Table Name, Type")
}
finally {
    Stop-TestServerHost
    Unregister-SecretVault $vault -ErrorAction SilentlyContinue
    $env:HOME = $userHome
    if (Test-Path $throwAway) { Remove-Item $throwAway -Recurse -Force }
}
