# What Kill.ps1 kills. Reads an order from its standard input, opens the local store, connects, tells what is kept now, reads on, and then
# registers, changes, deletes and moves clients until it is killed. Orders and answers are lines of JSON.
param([Parameter(Mandatory)] [string] $Module)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module $Module

function Write-Line([hashtable] $Content) { [Console]::Out.WriteLine((ConvertTo-Json $Content -Depth 5 -Compress)) }
function Get-Text([securestring] $Secret) { if ($Secret) { [Net.NetworkCredential]::new('', $Secret).Password } }
function Get-Secure([string] $Text) { [Net.NetworkCredential]::new('', $Text).SecurePassword }
function Get-Id([object] $Failure) { $Failure.FullyQualifiedErrorId -replace ',.*' }

# Who was killed while changing the passphrase left a store that the old one opens, or the new one.
function Open-Store {
    if (-not (Get-DcrStore).IsLocked) { return }
    foreach ($passphrase in $order.passphrases) {
        try {
            Unlock-DcrStore (Get-Secure $passphrase)
            return
        } catch {
            $failure = $_
            if ((Get-Id $failure) -ne 'StoreLocked') { throw }
        }
    }

    throw $failure
}

function Get-Kept {
    foreach ($place in $connections.Keys) {
        foreach ($client in Get-DcrClient -Offline -Connection $connections[$place]) {
            @{ place = $place; clientId = $client.ClientId; tenant = $client.Tenant; token = Get-Text $client.RegistrationAccessToken;
                secret = Get-Text $client.ClientSecret }
        }
    }
}

function Get-Orphan {
    foreach ($orphan in Find-DcrOrphan -Connection $connections[$order.place]) {
        @{ operation = $orphan.Operation; clientId = $orphan.ClientId; tenant = $orphan.Tenant; at = $orphan.At.UtcTicks;
            answer = -join ($orphan.Answer | ForEach-Object { Get-Text $_ }) }
    }
}

# The order: issuer; place (Local or Vault: where new registrations go); vault (a name, or null); passphrases; backup (a path, or null).
$order = [Console]::In.ReadLine() | ConvertFrom-Json
$connections = [ordered]@{}
try {
    Open-Store
    if ($order.backup) {
        $null = Restore-DcrRegistration -Path $order.backup -Passphrase (Get-Secure $order.passphrases[0]) -WarningAction Ignore
    }
    $places = @($order.place; if ($order.vault) { 'Local', 'Vault' -ne $order.place })
    foreach ($place in $places) {
        $target = if ($place -eq 'Vault') { @{ Vault = $order.vault } } else { @{ LocalStore = $true } }
        $connections[$place] = Connect-DcrServer $order.issuer -Name $place @target -WarningVariable +warnings `
            -WarningAction SilentlyContinue
    }

    Write-Line @{ warnings = @($warnings | ForEach-Object { "$_" }); clients = @(Get-Kept); orphans = @(Get-Orphan) }
} catch {
    Write-Line @{ error = "$_"; id = $_.FullyQualifiedErrorId }
    exit 1
}

# What to do: mode; tenants to register; clients (id and place) that may be changed; throttle; big (the length of some clients' metadata);
# seed; backup (a path); settle: the administrator has deleted what orphans are about, and names clients to forget.
$work = [Console]::In.ReadLine() | ConvertFrom-Json
$random = [Random]::new($work.seed)
$known = [Collections.Generic.List[object]]::new([object[]] @($work.clients))

function Get-Any { $known[$random.Next($known.Count)] }

function Register {
    $rows = @($work.tenants | Sort-Object { $random.Next() } | Select-Object -First ($work.throttle * 2) | ForEach-Object {
        [pscustomobject]@{ ClientName = $_; Tenant = $_; RedirectUri = 'https://app.example.com/callback';
            SoftwareVersion = 'x' * ($work.big * $random.Next(2)) }
    })
    $rows | New-DcrClient -Connection $connections[$order.place] -ThrottleLimit $work.throttle -ErrorVariable failures `
        -ErrorAction SilentlyContinue -WarningAction SilentlyContinue | ForEach-Object {
        $client = $_
        if ($work.dead -cnotcontains $client.ClientId -and -not @($known | Where-Object clientId -CEQ $client.ClientId)) {
            $known.Add([pscustomobject]@{ clientId = $client.ClientId; place = "$($client.Storage)" })
        }
    }

    foreach ($failure in $failures | Where-Object { $_ -is [Management.Automation.ErrorRecord] }) {
        # A tenant that is an orphan; a success that cannot be used.
        if ((Get-Id $failure) -notin 'OutcomeUnknown', 'ResponseNotConformant') { throw $failure }
        Write-Line @{ refused = (Get-Id $failure); tenant = $failure.TargetObject.Tenant; text = "$failure" }
    }
}

function Invoke-Change {
    if (-not $known.Count -or $random.Next(3) -eq 0) { Register; return }
    $client = Get-Any
    $at = @{ Connection = $connections[$client.place]; WarningAction = 'SilentlyContinue' }
    switch ($random.Next(8)) {
        0 { Remove-DcrClient $client.clientId @at -Confirm:$false; $null = $known.Remove($client) }
        { $_ -in 1, 2 } { $null = Reset-DcrClientSecret $client.clientId @at -Confirm:$false }
        default { $null = Set-DcrClient $client.clientId @at -Contact "c$($random.Next()).ops@example.com" }
    }
}

function Move-Some {
    $client = Get-Any
    $ids = @($known | Where-Object place -EQ $client.place | Select-Object -First $random.Next(1, 4))
    $other = if ($client.place -eq 'Local') { 'Vault' } else { 'Local' }
    $where = if ($other -eq 'Vault') { @{ To = $order.vault } } else { @{ From = $order.vault } }
    $null = Move-DcrRegistration @where -ClientId @($ids | ForEach-Object clientId)
    foreach ($moved in $ids) { $moved.place = $other }
}

function Protect {
    switch ($random.Next(4)) {
        { $_ -lt 2 } { $null = Set-DcrStore -Protection User }
        default { $null = Set-DcrStore -Protection Passphrase `
            -Passphrase (Get-Secure $order.passphrases[$random.Next($order.passphrases.Count)]) }
    }
}

function Step([string] $Name, [scriptblock] $Action) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    Write-Line @{ begun = $Name }
    & $Action
    Write-Line @{ did = $Name; ms = $watch.ElapsedMilliseconds }
}

try {
    if ($work.settle) {
        Find-DcrOrphan | Resolve-DcrOrphan -Dismiss -Confirm:$false
        foreach ($gone in $work.settle.forget) { Remove-DcrClient $gone.clientId -StoreOnly -Connection $connections[$gone.place] `
            -Confirm:$false }
        Write-Line @{ settled = $true }
        $null = [Console]::In.ReadLine()
    }

    while ($true) {
        Step 'change' { Invoke-Change }
        switch ($work.mode) {
            'move' { if ($known.Count) { Step 'move' { Move-Some } } }
            'protect' { Step 'protect' { Protect } }
            'compact' { Step 'compact' { $null = Set-DcrStore -Protection User } }
            'backup' { Step 'backup' { $null = Backup-DcrStore -Path $work.backup -Passphrase (Get-Secure $order.passphrases[0]) } }
        }
    }
} catch {
    Write-Line @{ failed = "$_"; id = $_.FullyQualifiedErrorId; at = $_.ScriptStackTrace }
    exit 1
}
