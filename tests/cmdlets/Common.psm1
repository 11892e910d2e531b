# What the test files share: the built module, a vault in a throw-away home, test servers, and ways to look at errors and secrets.
Set-StrictMode -Version 2.0
Import-Module "$(Split-Path $PSScriptRoot)/shared/Pwsh.psm1"

$script:Root = Split-Path (Split-Path $PSScriptRoot)
$script:ModulePath = Join-Path $script:Root 'out/DcrPowerShell/DcrPowerShell.psd1'
$script:IsOnWindows = [Environment]::OSVersion.Platform -eq 'Win32NT'

# The vault that Start-DcrTest makes.
$script:VaultName = 'TestStore'

# Refuses to go on where the tests would write to the vaults of a person.
function Assert-ThrowAwayHome {
    [CmdletBinding()]
    param()

    if ($script:IsOnWindows) {
        # SecretStore keeps its files in a place of the account's that cannot be moved.
        if ($env:CI -ne 'true') {
            throw 'These tests replace the SecretStore of this account. On Windows they run only where the environment variable CI is true.'
        }
        return
    }

    $temp = [IO.Path]::GetTempPath()
    if (-not "$HOME/".StartsWith($temp)) {
        throw "These tests replace the SecretStore of the home folder. Set HOME to an empty folder below $temp." }
}

# Imports the built module, gives it a folder of its own, and starts the process of the test servers.
function Start-DcrTest {
    [CmdletBinding()]
    param(
        # Makes an empty SecretStore that asks for nothing, and the default place for registrations.
        [switch] $Vault
    )

    Assert-ThrowAwayHome
    Import-Module $script:ModulePath -Global
    Switch-TestFolder
    if ($Vault) {
        Import-Module Microsoft.PowerShell.SecretStore -Global
        Reset-TestStore
        Get-SecretVault | Where-Object ModuleName -ne 'Microsoft.PowerShell.SecretStore' | Unregister-SecretVault
        Register-TestStore
    }

    Import-Module "$PSScriptRoot/TestServer.psm1" -Global
    Start-TestServerHost
}

# An empty folder below the home folder, for this user alone. Gives its path. That there is no backup is not said of a store in it.
function New-StoreFolder {
    [CmdletBinding()]
    param([string] $DefaultVault)

    $path = Join-Path $HOME "dcr-$([guid]::NewGuid().ToString('n'))"
    $null = New-Item $path -ItemType Directory
    $settings = @{ last_backup_at = '2026-01-01T00:00:00Z'; last_backup_count = 1 }
    if ($DefaultVault) { $settings.default_vault = $DefaultVault }
    [IO.File]::WriteAllText((Join-Path $path store.json), (ConvertTo-Json $settings))
    if (-not $script:IsOnWindows) { chmod -R go= $path }
    $path
}

# Closes all connections, and lets this process and those it starts use another local store: an empty one, where none is named.
function Switch-TestFolder {
    [CmdletBinding()]
    param([string] $Path = (New-StoreFolder))

    if (Get-Module DcrPowerShell) { Get-DcrServer | Disconnect-DcrServer }
    $env:DCRPOWERSHELL_HOME = $Path
}

# Registers the SecretStore, where it is not registered, as the vault of the tests.
function Register-TestStore {
    [CmdletBinding()]
    param()

    if (-not (Get-SecretVault | Where-Object Name -eq $script:VaultName)) {
        Register-SecretVault -Name $script:VaultName -ModuleName Microsoft.PowerShell.SecretStore -DefaultVault
    }
}

function Stop-DcrTest {
    [CmdletBinding()]
    param()

    if (Get-Module TestServer) { Stop-TestServerHost }
}

# Empties the SecretStore, and has the module know nothing of what was in it. With a password it is locked afterwards.
function Reset-TestStore {
    [CmdletBinding()]
    param(
        # As when somebody else empties the vault.
        [switch] $KeepLedger,
        [securestring] $Password,
        [ValidateSet('None', 'Prompt')] [string] $Interaction = 'None'
    )

    Assert-ThrowAwayHome
    $store = @{ Scope = 'CurrentUser'; Interaction = $Interaction; Force = $true; WarningAction = 'SilentlyContinue';
        Authentication = 'None' }
    if ($Password) { $store += @{ Password = $Password; PasswordTimeout = 900 }; $store.Authentication = 'Password' }
    if (-not $KeepLedger) { Switch-TestFolder (New-StoreFolder -DefaultVault $script:VaultName) }
    for ($try = 1; ; $try++) {
        try {
            Reset-SecretStore @store
            return
        } catch [NullReferenceException], [Microsoft.PowerShell.SecretManagement.PasswordRequiredException] {
            # SecretStore watches its own files from another thread, and now and then its reset trips over that: the second is
            # "Password is invalid", of the password that the reset has just set.
            if ($try -eq 10) { throw }
        }
    }
}

# Registers a vault of our own extension, whose faults are described there.
function Register-TestVault {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Name,
        [string] $Mode = 'Normal'
    )

    Assert-ThrowAwayHome
    Register-SecretVault -Name $Name -ModuleName "$PSScriptRoot/vaults/DcrTestVault" -VaultParameters @{ Mode = $Mode } -AllowClobber
}

# How often a vault of our own extension was asked for anything in this process.
function Get-TestVaultCallCount {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Name)

    [AppDomain]::CurrentDomain.GetData('DcrTestVault')[$Name].Calls
}

# Starts a server and connects to it; the connection is the default one from then on. Gives the server.
function New-ConnectedServer {
    [CmdletBinding()]
    param(
        [hashtable] $Switches = @{},
        # Parameters of Connect-DcrServer.
        [hashtable] $Connect = @{}
    )

    $server = New-TestServer $Switches
    $null = Connect-DcrServer $server.Issuer @Connect
    $server
}

# The metadata in the body of the last request of an operation.
function Get-SentMetadata {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Server,
        [ValidateSet('register', 'update')] [string] $Operation = 'register'
    )

    (Get-TestServerRequest $Server -Operation $Operation | Select-Object -Last 1).body | ConvertFrom-Json
}

function ConvertTo-PlainText {
    [CmdletBinding()]
    param(
        # One text, or the parts of a long one.
        [Parameter(Mandatory)] [securestring[]] $Secret
    )

    -join $Secret.ForEach{ [Net.NetworkCredential]::new('', $_).Password }
}

function ConvertTo-Secret {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Text)

    [Net.NetworkCredential]::new('', $Text).SecurePassword
}

# What is kept of a client, wherever that is, as an object of the names that a vault's record has.
function Get-KeptRecord {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [object] $Client)

    $connection = Get-DcrServer | Where-Object Issuer -eq $Client.Issuer | Select-Object -Last 1
    $kept = if ($connection) { Get-DcrClient $Client.ClientId -Offline -Connection $connection } else { Get-DcrClient -Offline |
        Where-Object ClientId -eq $Client.ClientId }
    [pscustomobject]@{
        client_id = $kept.ClientId
        client_name = $kept.ClientName
        tenant = $kept.Tenant
        issuer = $kept.Issuer
        registration_client_uri = $kept.RegistrationClientUri
        registration_access_token = if ($kept.RegistrationAccessToken) { ConvertTo-PlainText $kept.RegistrationAccessToken }
        client_secret = if ($kept.ClientSecret) { ConvertTo-PlainText $kept.ClientSecret }
        metadata = $kept.Metadata
    }
}

# Ids of the clients that are kept, of all servers that this runspace has a connection to.
function Get-KeptId {
    [CmdletBinding()]
    param()

    Get-DcrServer | Group-Object Issuer | ForEach-Object { Get-DcrClient -Offline -Connection $_.Group[-1] } | ForEach-Object ClientId
}

# What the runspaces of this process share in the module.
function Get-ProcessState {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [ValidateSet('Stores', 'Vaults')] [string] $Name)

    $type = (Get-Module DcrPowerShell).ImplementingAssembly.GetType('DcrPowerShell.Session.ProcessState')
    $type.GetProperty($Name).GetValue($null)
}

# A secret of an application in the local store, as Get-Secret gives it where the store is registered as a vault. Needs no SecretManagement.
function Get-ApplicationSecret {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Name)

    (Get-ProcessState Stores).Current.OpenAsync($null).GetAwaiter().GetResult().Secrets.Find($Name)
}

# What the vault keeps of a client, as an object.
function Get-VaultRecord {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Client,
        [string] $Vault = $script:VaultName
    )

    Get-Secret -Vault $Vault -Name $Client.SecretName -AsPlainText | ConvertFrom-Json
}

# Names of the registrations that the vault keeps.
function Get-VaultRecordName {
    [CmdletBinding()]
    param([string] $Vault = $script:VaultName)

    Get-SecretInfo -Vault $Vault | Where-Object Name -like 'dcr-*' | Where-Object Name -ne dcr-probe | ForEach-Object Name
}

# Runs a command that is to fail, and gives its error records. Whether it ended the command is in the note IsTerminating.
function Get-Failure {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [scriptblock] $Command)

    Invoke-Failing $Command $PSCmdlet.SessionState.PSVariable
}

function Invoke-Failing {
    param([scriptblock] $Command, [System.Management.Automation.PSVariableIntrinsics] $CallerVariables)

    $records = @()
    $isTerminating = $false
    # The tests run with Stop, so that no error goes unseen; a person's default is Continue. The command sees its caller's variables.
    $preference = $CallerVariables.GetValue('ErrorActionPreference')
    try {
        $CallerVariables.Set('ErrorActionPreference', 'Continue')
        & $Command 2>&1 | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | ForEach-Object { $records += $_ }
    } catch {
        $isTerminating = $true
        $records += $_
    } finally {
        $CallerVariables.Set('ErrorActionPreference', $preference)
    }

    foreach ($record in $records) { $record | Add-Member -NotePropertyName IsTerminating -NotePropertyValue $isTerminating -Force `
        -PassThru }
}

# Runs a command that is to fail with exactly one error, and checks everything that an error promises. Gives the error record.
function Assert-Failure {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory, Position = 0)] [scriptblock] $Command,
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [System.Management.Automation.ErrorCategory] $Category,
        # Wildcards.
        [string] $Message = '*',
        [string] $Action = '*',
        [switch] $Terminating
    )

    $failures = @(Invoke-Failing $Command $PSCmdlet.SessionState.PSVariable)
    $failures.Count | Should -Be 1 -Because "one error was to be expected, not: $failures"
    $failure = $failures[0]
    $failure.FullyQualifiedErrorId | Should -BeLike "$Id,DcrPowerShell.Commands.*Command" -Because "the message is: $failure"
    $failure.CategoryInfo.Category | Should -Be $Category
    "$failure" | Should -BeLike $Message
    $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    $failure.ErrorDetails.RecommendedAction | Should -BeLike $Action
    $failure.IsTerminating | Should -Be $Terminating.IsPresent -Because 'that decides whether a pipeline goes on'
    $failure
}

# Waits for a condition. Fails where it never comes true.
function Wait-Until {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [scriptblock] $Condition)

    $time = [Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($time.Elapsed.TotalSeconds -gt $HangLimitSec) { throw "Within $HangLimitSec seconds this did not come true: $Condition" }
        Start-Sleep -Milliseconds 50
    }
}

# Starts PowerShell in a process of its own, with this one's home. Its standard input stays open: whoever prompts there, waits.
function Start-Pwsh {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Script,
        # The module's name or path; by default the built one.
        [string] $Module = $script:ModulePath,
        [switch] $Interactive,
        # Variables of its environment that differ from this process's; those of $null it does not have.
        [hashtable] $Environment = @{},
        # Hides SecretManagement and SecretStore: see Test-Unshare.
        [switch] $Alone,
        # Commands of sh that run first, in mount and host name spaces of the process's own: see Test-Unshare.
        [string] $Setup
    )

    $file = Join-Path $HOME "$([guid]::NewGuid().ToString('n')).ps1"
    [IO.File]::WriteAllText($file, "`$ErrorActionPreference = 'Stop'`nImport-Module '$Module'`n$Script", [Text.UTF8Encoding]::new($true))
    $arguments = @('-NoProfile'; if (-not $Interactive) { '-NonInteractive' }; '-File'; $file)
    $start = New-PwshStartInfo $arguments
    foreach ($name in $Environment.Keys) {
        $null = $start.Environment.Remove($name)
        if ($null -ne $Environment[$name]) { $start.Environment.Add($name, $Environment[$name]) }
    }

    if ($Alone) {
        # PowerShell looks in the folder of all users, whatever PSModulePath says.
        $others = Get-Module -ListAvailable Microsoft.PowerShell.Secret* |
            ForEach-Object { [IO.Path]::GetFullPath((Join-Path $_.ModuleBase ../..)) } | Sort-Object -Unique
        $Setup = (@($others | ForEach-Object { "mount -t tmpfs none '$_'" }) + $Setup | Where-Object { $_ }) -join "`n"
    }

    if ($Setup) {
        [IO.File]::WriteAllText("$file.sh", "set -e`n$Setup`nexec '$($start.FileName)' $($start.Arguments)`n")
        $start.FileName = 'unshare'
        $start.Arguments = "--mount --uts sh `"$file.sh`""
    }

    $process = [Diagnostics.Process]::Start($start)
    [pscustomobject]@{ Process = $process; Output = $process.StandardOutput.ReadToEndAsync();
        Errors = $process.StandardError.ReadToEndAsync() }
}

# Whether this account may make mounts that nobody else sees. Who has all rights is stopped by no mode bits, only by what a mount does not
# allow.
function Test-Unshare {
    [CmdletBinding()]
    param()

    if ($script:IsOnWindows -or -not (Get-Command unshare -ErrorAction Ignore)) { return $false }
    $null = unshare --mount --uts sh -c 'mount -t tmpfs none /mnt && hostname other' 2>&1
    $LASTEXITCODE -eq 0
}

# Waits for the end of such a process. Gives what it wrote, and its exit code.
function Wait-Pwsh {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [object] $Pwsh)

    $hasEnded = $Pwsh.Process.WaitForExit($HangLimitSec * 1000)
    if (-not $hasEnded) { $Pwsh.Process.Kill() }
    $result = [pscustomobject]@{ ExitCode = $Pwsh.Process.ExitCode; Output = $Pwsh.Output.Result; Errors = $Pwsh.Errors.Result }
    if (-not $hasEnded) { throw "PowerShell did not end within $HangLimitSec seconds. Output: $($result.Output) Errors: $($result.Errors)" }
    $result
}

Export-ModuleMember -Function *
