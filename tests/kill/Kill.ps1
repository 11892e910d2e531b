<#
.SYNOPSIS
    Kills a process that registers, changes, moves and deletes clients, compacts and protects its store, again and again at every step, and
    looks each time whether the next process finds what the server's answers had delivered. The server replaces token and secret at every
    update, so that a lost answer is a lost client.
.DESCRIPTION
    -Store says where registrations go: the local store, or a vault of a real SecretStore, both in a home folder of their own. Where
    SecretManagement and SecretStore are installed, registrations are moved between the two in either run.

    Kills come when the ledger has grown for the n-th time, at once or a random time later; when the next generation of the ledger is being
    written; at a random time within Move-DcrRegistration, Set-DcrStore -Protection and Backup-DcrStore; and while a process connects, which
    is when answers are replayed. Every process registers the tenants of all former ones again.

    What is counted after each kill:
    Answers   successful answers to requests that change something.
    Orphans   requests of unknown outcome that this kill left: no more than were under way at once; where one command runs at a time, it is
              the last request that the server got.
    Lost      clients whose token and secret at the server are not those kept, and clients kept that the server does not have, if no
              orphan is about that very client or tenant. An orphan too many. An unusable answer that its orphan does not show.
    Doubled   tenants with two clients at the server, or kept twice.
    Failures  commands that failed otherwise than by an orphan's tenant or an unusable answer; a store that cannot be opened.
    Unreadable  SecretStore overwrites its one file in place: a kill in that moment leaves a store that it refuses to read. Then
              Restore-DcrRegistration -SecretStoreCopy puts the module's copy in place, and what is missing afterwards is Lost.
    Gives an object with these figures; the exit code is 1 where anything was lost or doubled, or failed.
    Run it by: dotnet pwsh ./tests/kill/Kill.ps1 -Kills 200 -Store Local
#>
param(
    [int] $Kills = 200,
    [ValidateSet('Local', 'SecretStore')] [string] $Store = 'Local',
    # The longest time between a sign and the kill.
    [int] $LongestMs = 120,
    [int] $Seed = (Get-Random -Maximum 1000000),
    # The built module.
    [string] $Module = (Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'out/DcrPowerShell/DcrPowerShell.psd1'),
    # Leaves SecretManagement alone.
    [switch] $NoVault
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
if ($IsWindows -and -not $NoVault) {
    throw 'On Windows SecretStore keeps one store a user, and this test must not damage yours: run it with -NoVault there.'
}

$root = Split-Path (Split-Path $PSScriptRoot)
$random = [Random]::new($Seed)
Import-Module (Join-Path $root 'tests/cmdlets/TestServer.psm1')
Import-Module (Join-Path $root 'tests/shared/Pwsh.psm1')
$hasVault = -not $NoVault -and [bool] (Get-Module Microsoft.PowerShell.SecretStore -ListAvailable)
if ($Store -eq 'SecretStore' -and -not $hasVault) { throw 'SecretManagement and SecretStore are not installed.' }

$passphrases = 'first passphrase', 'second passphrase'
$home2 = Join-Path ([IO.Path]::GetTempPath()) "dcr-kill-$PID"
$folder = Join-Path $home2 'ledger'
$backup = Join-Path $home2 'backup.dcrb'

# What is done, and at which sign the kill comes.
$schedule = @(
    'writes', 'answers', 'compact', 'connect', 'move', 'writes', 'big', 'protect', 'writes', 'answers'
    'move', 'connect', 'writes', 'compact', 'protect', 'writes', 'connect', 'big', 'backup', 'move'
)

function Start-Child([string[]] $Arguments) {
    $start = New-PwshStartInfo (@('-NoProfile', '-NonInteractive') + $Arguments)
    $start.Environment['HOME'] = $home2
    $start.Environment['DCRPOWERSHELL_HOME'] = $folder
    $process = [Diagnostics.Process]::Start($start)
    [pscustomobject]@{ Process = $process; Errors = $process.StandardError.ReadToEndAsync(); Reading = $null }
}

function Invoke-Child([string] $Command) {
    $child = Start-Child '-Command', "`$ErrorActionPreference = 'Stop'; $Command"
    $said = $child.Process.StandardOutput.ReadToEnd()
    $child.Process.WaitForExit()
    if ($child.Process.ExitCode) { throw "$said $($child.Errors.Result)" }
}

function Start-Worker { Start-Child '-File', "$PSScriptRoot/Worker.ps1", '-Module', $Module }

function Stop-Child([object] $Child) {
    $Child.Process.Kill()
    $Child.Process.WaitForExit()
}

function Send-Line([object] $Worker, [hashtable] $Content) {
    $Worker.Process.StandardInput.WriteLine((ConvertTo-Json $Content -Depth 5 -Compress))
}

# The next line, if it comes in time; null at the end.
function Read-Line([object] $Worker, [int] $TimeoutMs) {
    if (-not $Worker.Reading) { $Worker.Reading = $Worker.Process.StandardOutput.ReadLineAsync() }
    if (-not $Worker.Reading.Wait($TimeoutMs)) { return $null }
    $line = $Worker.Reading.Result
    $Worker.Reading = $null
    if ($line -and $line.StartsWith('{')) { ConvertFrom-Json $line }
}

function Wait-Line([object] $Worker, [string] $What) {
    $line = Read-Line $Worker 300000
    if ($null -eq $line) { throw "A worker did not $What. $(if ($Worker.Process.HasExited) { $Worker.Errors.Result })" }
    $line
}

function Get-LedgerSize {
    $size = 0L
    foreach ($file in [IO.Directory]::GetFiles($folder, 'ledger-*')) {
        $info = [IO.FileInfo]::new($file)
        if ($info.Exists) { $size += $info.Length + 1 }
    }

    $size
}

function Wait-Growth([object] $Worker, [int] $Times) {
    $seen = Get-LedgerSize
    while ($Times -gt 0 -and -not $Worker.Process.HasExited) {
        $now = Get-LedgerSize
        if ($now -ne $seen) { $seen = $now; $Times-- }
    }
}

# The next generation is being written, or is there.
function Wait-Generation([object] $Worker) {
    $before = [IO.Directory]::GetFiles($folder, 'ledger-*.dcrl')
    while (-not $Worker.Process.HasExited) {
        if ([IO.Directory]::GetFiles($folder, '*.new').Length) { break }
        if (Compare-Object $before ([IO.Directory]::GetFiles($folder, 'ledger-*.dcrl'))) { break }
    }

    for ($pause = $random.Next(20000); $pause -gt 0; $pause--) { }
}

# The worker begins a step of that name for the n-th time; then some part of the time passes that it took before.
function Wait-Step([object] $Worker, [string] $Name, [int] $Times) {
    while (-not $Worker.Process.HasExited) {
        $line = Read-Line $Worker 100
        if ($null -eq $line) { continue }
        $lines.Add($line)
        if ($line.PSObject.Properties['begun'] -and $line.begun -eq $Name -and --$Times -le 0) {
            [Threading.Thread]::Sleep($random.Next(0, 1 + [Math]::Max(20, $longest[$Name])))
            return
        }
    }
}

function Get-Change { Get-TestServerRequest $server -Operation register, update, delete }

function Format-Change([object] $Change) {
    if ($Change.operation -ne 'register') { return "$($Change.operation) $($Change.clientId)" }
    "register $(($Change.body | ConvertFrom-Json).client_name)"
}

function Format-Orphan([object] $Orphan) {
    "$($Orphan.operation.ToLowerInvariant()) $(if ($Orphan.operation -eq 'Register') { $Orphan.tenant } else { $Orphan.clientId })"
}

$figures = [ordered]@{ Store = $Store; Kills = 0 }
'Connecting', 'Compacting', 'Moving', 'Protecting', 'BackingUp', 'Answers', 'Replayed', 'Orphans', 'Unusable', 'Lost', 'Doubled',
'Failures', 'Unreadable', 'Clients' | ForEach-Object { $figures[$_] = 0 }
$figures.Seed = $Seed
$said = [Collections.Generic.HashSet[string]]::new()
$longest = @{ move = 0; protect = 0; compact = 0; backup = 0; change = 0 }
$ofMode = @{ compact = 'Compacting'; big = 'Compacting'; move = 'Moving'; protect = 'Protecting'; backup = 'BackingUp' }

# Once: what is lost is found again in every later round.
function Add-Finding([string] $Figure, [string] $Text) {
    if (-not $said.Add("$Figure`: $Text")) { return }
    $figures[$Figure]++
    Write-Host "Round ${round}, $Figure`: $Text"
}

$null = New-Item $home2, $folder -ItemType Directory
if ($IsLinux -or $IsMacOS) { chmod 700 $home2 $folder }
Start-TestServerHost
$next = $null
try {
    $server = New-TestServer @{ rotateToken = 'put'; rotateSecret = 'put' }
    if ($hasVault) {
        Invoke-Child ('Register-SecretVault KillStore -ModuleName Microsoft.PowerShell.SecretStore;' +
            'Reset-SecretStore -Authentication None -Interaction None -Force -WarningAction Ignore')
    }

    $tenants = [Collections.Generic.List[string]]::new()
    # Texts of the orphans that are known by now, and of tenants whose answer could not be used.
    $former = [Collections.Generic.HashSet[string]]::new()
    $unusable = [Collections.Generic.HashSet[string]]::new()
    $settle = $null
    $throttle = 1
    $lastChanges = @()
    $next = Start-Worker
    for ($round = 0; ; $round++) {
        $isLast = $figures.Kills -ge $Kills
        $worker = $next
        $next = $null
        $mode = if ($isLast) { 'end' } else { $schedule[$round % $schedule.Count] }
        if ($mode -eq 'move' -and -not $hasVault) { $mode = 'writes' }
        $lines = [Collections.Generic.List[object]]::new()
        $usesBackup = (Test-Path $backup) -and $random.Next(3) -eq 0
        Send-Line $worker @{
            issuer = $server.Issuer
            place = if ($Store -eq 'Local') { 'Local' } else { 'Vault' }
            vault = if ($hasVault) { 'KillStore' }
            passphrases = $passphrases
            backup = if ($usesBackup) { $backup }
        }

        if (-not $isLast) { $next = Start-Worker }
        if ($mode -eq 'connect') {
            Start-Sleep -Milliseconds $random.Next(0, 600)
            $hasConnected = $null -ne (Read-Line $worker 0)
            Stop-Child $worker
            $figures.Kills++
            if (-not $hasConnected) { $figures.Connecting++ }
            continue
        }

        # What the process before this one left.
        $state = Wait-Line $worker 'connect'
        if ($state.PSObject.Properties['error']) {
            Stop-Child $worker
            if (-not $hasVault -or $state.id -notmatch '^Vault(Read|Write)Failed,') {
                Add-Finding Failures "$($state.id): $($state.error)"
                break
            }

            Write-Host "Round ${round}: $($state.error)"
            $figures.Unreadable++
            Invoke-Child "Import-Module '$Module'; Restore-DcrRegistration -SecretStoreCopy"
            if (-not $next) { $next = Start-Worker }
            $round--
            continue
        }

        $figures.Replayed += @($state.warnings -like 'An earlier command ended*').Count
        foreach ($warning in $state.warnings | Where-Object { $_ -match 'damaged|older copy|no longer has|not work' }) {
            Add-Finding Failures $warning
        }

        $clients = @(Get-TestServerClient $server)
        $names = @{}
        foreach ($client in $clients) {
            $name = $client.metadata.client_name
            if ($names.ContainsKey($name)) { Add-Finding Doubled "$name is $($names[$name]) and $($client.clientId)" }
            $names[$name] = $client.clientId
        }

        $orphans = @{}
        foreach ($orphan in $state.orphans) { $orphans[(Format-Orphan $orphan)] = $orphan }
        $fresh = @($orphans.Keys | Where-Object { $former.Add($_) })
        $figures.Orphans += $fresh.Count
        # A process that was killed while connecting had none of its own.
        # A worker may die before it tells of an unusable answer; its orphan shows that answer all the same.
        $ofUnusable = @($fresh | Where-Object {
            $answer = $orphans[$_].answer
            $_ -like 'register *' -and ($unusable.Contains($_.Substring(9)) -or $answer -and -not (Test-Json $answer -ErrorAction Ignore))
        })
        $unexplained = @($fresh | Where-Object { $ofUnusable -cnotcontains $_ })
        if ($unexplained.Count -gt $throttle) {
            Add-Finding Lost "$($unexplained.Count) requests are orphans, and $throttle ran at a time: $($unexplained -join ', ')"
        }

        if ($throttle -eq 1) {
            foreach ($one in $unexplained) {
                # Its own at most: it may not have been sent.
                $later = @($lastChanges | Where-Object { $_.At -gt $orphans[$one].at } | ForEach-Object Text)
                if ($later.Count -gt 1 -or $later -and $later[0] -cne $one) {
                    Add-Finding Lost "$one is an orphan, and later requests were sent: $($later -join ', ')"
                }
            }
        }

        foreach ($tenant in $unusable) {
            $orphan = $orphans["register $tenant"]
            if (-not $orphan) {
                Add-Finding Lost "the unusable answer for $tenant is not there"
            } elseif (-not $orphan.answer -or $names.ContainsKey($tenant) -and $orphan.answer -notlike "*$($names[$tenant])*") {
                Add-Finding Lost "the orphan of $tenant does not show the answer"
            }
        }

        $kept = @{}
        $keptTenants = @{}
        foreach ($client in $state.clients) {
            if ($kept.ContainsKey($client.clientId)) { Add-Finding Doubled "$($client.clientId) is kept twice" }
            elseif ($keptTenants.ContainsKey($client.tenant)) { Add-Finding Doubled "$($client.tenant) is kept twice" }
            $kept[$client.clientId] = $client
            $keptTenants[$client.tenant] = $true
        }

        $good = [Collections.Generic.List[object]]::new()
        $dead = [Collections.Generic.List[object]]::new()
        foreach ($client in $clients) {
            $id = $client.clientId
            $record = $kept[$id]
            $isUnknown = $orphans.ContainsKey("update $id") -or $orphans.ContainsKey("delete $id")
            if ($isUnknown) { $dead.Add(@{ clientId = $id; place = if ($record) { $record.place } }) }
            if (-not $record) {
                if (-not $isUnknown -and -not $orphans.ContainsKey("register $($client.metadata.client_name)")) {
                    Add-Finding Lost "$id of $($client.metadata.client_name) is not kept"
                }
            } elseif ($record.token -cne $client.registrationAccessToken -or $record.secret -cne $client.clientSecret) {
                if (-not $isUnknown) { Add-Finding Lost "$id of $($client.metadata.client_name) is kept with another token or secret" }
            } elseif ($record.tenant -cne $client.metadata.client_name) {
                Add-Finding Lost "$id is kept for $($record.tenant), and was registered for $($client.metadata.client_name)"
            } elseif (-not $isUnknown) {
                $good.Add(@{ clientId = $id; place = $record.place })
            }
        }

        foreach ($id in $kept.Keys | Where-Object { $names.Values -cnotcontains $_ }) {
            $dead.Add(@{ clientId = $id; place = $kept[$id].place })
            if (-not $orphans.ContainsKey("delete $id")) { Add-Finding Lost "$id is kept, and the server does not have it" }
        }

        $figures.Clients = $clients.Count
        if ($isLast) {
            Stop-Child $worker
            break
        }

        # The administrator looks after orphans now and then: deletes what they are about, and closes them.
        $settle = $null
        if ($orphans.Count -ge 12) {
            foreach ($one in $dead) { if ($names.Values -ccontains $one.clientId) { Remove-TestServerClient $server $one.clientId } }
            foreach ($tenant in $orphans.Keys -like 'register *' -replace '^register ' | Where-Object { $names.ContainsKey($_) }) {
                if (-not $kept.ContainsKey($names[$tenant])) { Remove-TestServerClient $server $names[$tenant] }
            }

            $settle = @{ forget = @($dead | Where-Object { $_.place }) }
            $former.Clear()
            $unusable.Clear()
        }

        for ($count = $random.Next(2, 5); $count -gt 0; $count--) { $tenants.Add("tenant $($tenants.Count)") }
        $throttle = if ($random.Next(3)) { 1 } else { 4 }
        $faults = @(if ($random.Next(2)) { @{ on = 'register'; skip = $random.Next(3); body = 'half' } })
        Set-TestServerSwitch $server @{ faults = $faults }
        Clear-TestServerRequest $server
        Send-Line $worker @{
            mode = $mode
            tenants = @($tenants)
            clients = @($good)
            dead = @($dead | ForEach-Object { $_.clientId })
            throttle = $throttle
            big = if ($mode -eq 'big' -and $Store -eq 'Local') { 400000 } else { 0 }
            seed = $random.Next()
            backup = $backup
            settle = $settle
        }

        if ($settle) {
            $line = Wait-Line $worker 'settle'
            if (-not $line.PSObject.Properties['settled']) { $lines.Add($line) } else { $worker.Process.StandardInput.WriteLine() }
        }

        switch ($mode) {
            'writes' { Wait-Growth $worker $random.Next(1, 40) }
            'answers' { Wait-Growth $worker $random.Next(1, 30); [Threading.Thread]::Sleep($random.Next(0, $LongestMs)) }
            { $_ -in 'compact', 'big' } { Wait-Generation $worker }
            default { Wait-Step $worker $mode $random.Next(1, 3) }
        }

        $hasEnded = $worker.Process.HasExited
        Stop-Child $worker
        $figures.Kills++
        if ($ofMode[$mode]) { $figures[$ofMode[$mode]]++ }
        $changes = @(Get-Change)
        $lastChanges = @($changes | ForEach-Object {
            [pscustomobject]@{ Text = Format-Change $_; At = ([datetimeoffset] $_.receivedAt).UtcTicks }
        })
        $figures.Answers += @($changes | Where-Object status -in 200, 201, 204).Count
        while ($worker.Reading -or -not $worker.Process.StandardOutput.EndOfStream) {
            $line = Read-Line $worker 10000
            if ($line) { $lines.Add($line) }
        }

        foreach ($line in $lines) {
            if ($line.PSObject.Properties['did']) {
                $longest[$line.did] = [Math]::Max($longest[$line.did], $line.ms)
            } elseif ($line.PSObject.Properties['failed']) {
                Add-Finding Failures "$mode`: $($line.id): $($line.failed) $($line.at)"
            } elseif ($line.PSObject.Properties['refused'] -and $line.refused -eq 'ResponseNotConformant') {
                if ($unusable.Add($line.tenant)) { $figures.Unusable++ }
            }
        }

        if ($hasEnded -and -not @($lines | Where-Object { $_.PSObject.Properties['failed'] })) {
            Add-Finding Failures "$mode`: the process ended: $($worker.Errors.Result)"
        }

        if ($figures.Kills % 20 -eq 0) { Write-Host (($figures.GetEnumerator() | ForEach-Object { "$($_.Key) $($_.Value)" }) -join ', ') }
    }
} finally {
    if ($next -and -not $next.Process.HasExited) { $next.Process.Kill() }
    Stop-TestServerHost
    if ($said.Count -and $env:DCR_KEEP) { Write-Host "What is left is in $home2." } else { Remove-Item $home2 -Recurse -Force }
}

[pscustomobject] $figures
exit [int]($figures.Lost + $figures.Doubled + $figures.Failures -gt 0)
