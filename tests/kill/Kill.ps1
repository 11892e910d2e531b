<#
.SYNOPSIS
    Kills a process that registers, changes and deletes clients, again and again at every step of storing, and looks each time whether
    the next process finds in the vault what the server's answers had delivered. A real SecretStore vault, in a home folder of its own.
.DESCRIPTION
    A kill comes a random time after the server got a request that changes something; every eighth one comes while a process connects,
    which is when journals are replayed. The server rotates token and secret at every update, so that a lost answer is a lost client.
    Lost is what the server has otherwise than the vault without the journal saying that a request's fate is unknown. SecretStore
    overwrites its one file in place: a kill in that moment leaves a store that it refuses to read, with the journal's key in it. Such
    kills are counted as StoreUnreadable. Then Restore-DcrRegistration -SecretStoreCopy puts the copy in place, and what is missing after
    the next connecting counts as lost.
    Run it by: dotnet pwsh ./tests/kill/Kill.ps1 -Kills 200. Gives an object with the figures; the exit code is 1 where something was lost.
#>
param(
    [int] $Kills = 200,
    # The longest time between a request and the kill.
    [int] $LongestMs = 120,
    [int] $Seed = (Get-Random),
    # Tears the store after every so many kills as a kill in the midst of writing it would; 0: never.
    [int] $TearEvery = 0
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
if ($IsWindows) { throw 'On Windows SecretStore keeps one store a user, and this test must not damage yours: run it on Linux or macOS.' }
$root = Split-Path (Split-Path $PSScriptRoot)
$module = Join-Path $root 'out/DcrPowerShell/DcrPowerShell.psd1'
$random = [Random]::new($Seed)
$http = [Net.Http.HttpClient]::new()
Import-Module (Join-Path $root 'tests/cmdlets/TestServer.psm1')
Import-Module (Join-Path $root 'tests/shared/Pwsh.psm1')

function Start-Child([string[]] $Arguments) {
    $start = New-PwshStartInfo (@('-NoProfile', '-NonInteractive') + $Arguments)
    $start.Environment['HOME'] = $home2
    $process = [Diagnostics.Process]::Start($start)
    [pscustomobject]@{ Process = $process; Errors = $process.StandardError.ReadToEndAsync() }
}

function Start-Worker { Start-Child '-File', "$PSScriptRoot/Worker.ps1", '-Module', $module, '-Vault', 'KillStore' }

function Reset-Store {
    Get-ChildItem $home2 -Force | Remove-Item -Recurse -Force
    $child = Start-Child '-Command', 'Register-SecretVault KillStore -ModuleName Microsoft.PowerShell.SecretStore; Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore'
    $child.Process.WaitForExit()
    if ($child.Process.ExitCode) { throw $child.Errors.Result }
}

function Restore-Store {
    $child = Start-Child '-Command', "Import-Module '$module'; Restore-DcrRegistration -SecretStoreCopy -ErrorAction Stop"
    $said = $child.Process.StandardOutput.ReadToEnd()
    $child.Process.WaitForExit()
    if ($child.Process.ExitCode) { throw "$said $($child.Errors.Result)" }
}

# Another hash, and half of what it is of.
function Set-TornStore {
    $path = Join-Path $home2 '.secretmanagement/localstore/storefile'
    $bytes = [IO.File]::ReadAllBytes($path)
    for ($index = 4; $index -lt $bytes.Length / 2; $index++) { $bytes[$index] = $bytes[$index] -bxor 85 }
    [IO.File]::WriteAllBytes($path, $bytes)
}

# The requests that change something, as the server's log has them.
function Get-Changes { $http.GetStringAsync("$control/servers/$($server.Id)/requests").GetAwaiter().GetResult() | ConvertFrom-Json | Where-Object operation -in 'register', 'update', 'delete' }

function Wait-Line([object] $Reading, [string] $What) {
    if (-not $Reading.Wait(60000)) { throw "Within a minute a worker did not $What." }
    $Reading.Result | ConvertFrom-Json
}

$figures = [ordered]@{ Kills = 0; WhileConnecting = 0; Answers = 0; Restored = 0; Unknown = 0; Lost = 0; StoreUnreadable = 0; Torn = 0; WorkerFailures = 0; StepMs = 0; Seed = $Seed }
$lost = [Collections.Generic.List[string]]::new()
$home2 = Join-Path ([IO.Path]::GetTempPath()) "dcr-kill-$PID"
$null = New-Item $home2 -ItemType Directory
Start-TestServerHost
try {
    $control = & (Get-Module TestServer) { $script:Control }
    $server = New-TestServer @{ rotateToken = 'put'; rotateSecret = 'put' }
    Reset-Store
    # Clients whose last answer never arrived: nobody can know their token.
    $given = [Collections.Generic.HashSet[string]]::new()
    $unknownBefore = 0
    $steps = [Collections.Generic.List[int]]::new()
    $next = Start-Worker
    for ($round = 0; $round -le $Kills; $round++) {
        $worker = $next
        $reading = $worker.Process.StandardOutput.ReadLineAsync()
        $clients = @(Get-TestServerClient $server)
        $usable = @($clients | Where-Object { -not $given.Contains($_.clientId) } | Select-Object -First 3 | ForEach-Object clientId)
        $worker.Process.StandardInput.WriteLine("$($server.Issuer) $usable".Trim())
        $null = $http.DeleteAsync("$control/servers/$($server.Id)/requests").GetAwaiter().GetResult()
        $next = if ($round -lt $Kills) { Start-Worker }
        if ($round -lt $Kills -and $round % 8 -eq 7) {
            Start-Sleep -Milliseconds $random.Next(0, 400)
            if (-not $reading.IsCompleted) { $figures.WhileConnecting++ }
            $worker.Process.Kill()
            $worker.Process.WaitForExit()
            $figures.Kills++
            continue
        }

        # What the process before this one left.
        $state = Wait-Line $reading 'connect'
        if ($state.PSObject.Properties['error']) {
            # The store, and the journal's key in it.
            Write-Host "Round ${round}: $($state.id): $($state.error)"
            $figures.StoreUnreadable++
            if ($next) { $next.Process.Kill() }
            Restore-Store
            $next = Start-Worker
            $round--
            continue
        }

        $figures.Restored += @($state.warnings -like '*the journal had kept*').Count
        $unknown = [int]($state.warnings -match '^Of (\d+) request' -replace '^Of (\d+) .*', '$1' | Select-Object -First 1)
        $kept = @{}
        foreach ($client in $state.clients) { $kept[$client.clientId] = $client }
        $otherwise = @(
            foreach ($client in $clients | Where-Object { -not $given.Contains($_.clientId) }) {
                $record = $kept[$client.clientId]
                if (-not $record) { "$($client.clientId) is not in the vault"; $null = $given.Add($client.clientId) }
                elseif ($record.token -cne $client.registrationAccessToken -or $record.secret -cne $client.clientSecret) { "$($client.clientId) has another token or secret"; $null = $given.Add($client.clientId) }
            }
            foreach ($id in $kept.Keys | Where-Object { @($clients | ForEach-Object clientId) -cnotcontains $_ -and -not $given.Contains($_) }) { "$id is in the vault and not at the server"; $null = $given.Add($id) }
        )
        $figures.Unknown += $unknown - $unknownBefore
        if ($otherwise.Count -gt $unknown - $unknownBefore) {
            $figures.Lost += $otherwise.Count - ($unknown - $unknownBefore)
            $lost.Add("Round ${round}: $($otherwise -join '; '). The process said: $($state.warnings -join ' ')")
        }

        $unknownBefore = $unknown
        if ($round -eq $Kills) {
            $worker.Process.Kill()
            break
        }

        $target = $random.Next(1, 7)
        while (@(Get-Changes).Count -lt $target -and -not $worker.Process.HasExited) { }
        [Threading.Thread]::Sleep($random.Next(0, $LongestMs))
        $ended = $worker.Process.HasExited
        $worker.Process.Kill()
        $figures.Answers += @(Get-Changes | Where-Object status -in 200, 201, 204).Count
        $worker.Process.WaitForExit()
        $figures.Kills++
        foreach ($line in $worker.Process.StandardOutput.ReadToEnd() -split "`n" | Where-Object { $_ -like '{*}*' } | ConvertFrom-Json) {
            if ($line.PSObject.Properties['did']) { $steps.Add($line.ms) } else { Write-Host "Round ${round}: $line" }
        }

        if ($ended) { $figures.WorkerFailures++ }
        if ($TearEvery -and $figures.Kills % $TearEvery -eq 0) {
            Set-TornStore
            $figures.Torn++
        }

        if ($round % 20 -eq 19) { Write-Host "$($round + 1) kills: $(($figures.GetEnumerator() | ForEach-Object { "$($_.Key) $($_.Value)" }) -join ', ')" }
    }

    $figures.StepMs = ($steps | Sort-Object)[[int]($steps.Count / 2)]
} finally {
    if ($next -and -not $next.Process.HasExited) { $next.Process.Kill() }
    Stop-TestServerHost
    Remove-Item $home2 -Recurse -Force
}

$lost | ForEach-Object { Write-Host $_ }
[pscustomobject] $figures
exit [int]($figures.Lost -gt 0)
