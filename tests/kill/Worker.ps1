# What Kill.ps1 kills: waits for a line on its standard input, connects, tells what the vault has now, and then registers, changes
# and deletes clients until it is killed. Writes lines of JSON.
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [string] $Vault
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module $Module
Import-Module Microsoft.PowerShell.SecretManagement

function Write-Line([hashtable] $Content) { [Console]::Out.WriteLine((ConvertTo-Json $Content -Depth 4 -Compress)) }
function Get-Text([securestring] $Secret) { if ($Secret) { [Net.NetworkCredential]::new('', $Secret).Password } }

# The issuer, a space, and ids of clients that may be changed.
$issuer, $known = [Console]::In.ReadLine() -split ' '
try {
    $null = Connect-DcrServer $issuer -Vault $Vault -WarningVariable warnings -WarningAction SilentlyContinue
    $clients = @(Get-DcrClient -Offline | ForEach-Object { @{ clientId = $_.ClientId; token = Get-Text $_.RegistrationAccessToken; secret = Get-Text $_.ClientSecret } })
    Write-Line @{ warnings = @($warnings | ForEach-Object { "$_" }); clients = $clients }
} catch {
    Write-Line @{ error = "$_"; id = $_.FullyQualifiedErrorId }
    exit 1
}

$queue = [Collections.Generic.Queue[string]]::new([string[]] @($known | Where-Object { $_ }))
for ($turn = 0; ; $turn++) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $id = if ($queue.Count) { $queue.Peek() }
    $step = if (-not $id) { 'register' } else { @('register', 'update', 'reset', 'update', 'remove')[$turn % 5] }
    try {
        switch ($step) {
            'register' { $queue.Enqueue((New-DcrClient "Kill $turn" https://app.example.com/callback).ClientId) }
            'update' { $null = Set-DcrClient $id -ClientName "Changed $turn" }
            'reset' { $null = Reset-DcrClientSecret $id -Confirm:$false }
            'remove' { Remove-DcrClient $queue.Dequeue() -Confirm:$false }
        }
    } catch {
        if ($_.FullyQualifiedErrorId -match '^(AccessTokenRejected|ClientNotFound),') {
            # The answer to its registration or last change never arrived.
            $null = $queue.Dequeue()
            continue
        }

        Write-Line @{ failed = $step; error = "$_" }
        exit 1
    }

    Write-Line @{ did = $step; ms = $watch.ElapsedMilliseconds }
}
