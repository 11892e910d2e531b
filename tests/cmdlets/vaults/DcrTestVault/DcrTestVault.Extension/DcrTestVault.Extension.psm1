# Keeps secrets in memory, by vault, until the process ends. How a vault behaves is its VaultParameters' Mode, or what the environment
# variable
# DCR_TEST_VAULT_MODE says meanwhile, for all vaults:
#   Normal             keeps and gives back (the default)
#   Locked             needs a password, for everything
#   SetReturnsFalse    says no to a write by its return value only, which SecretManagement does not look at
#   SetThrows          fails a write with an exception
#   SetNonTerminating  fails a write with an error that ends nothing
#   SetDropsSilently   takes a write and forgets it
#   FailsAfter=<n>     takes n writes, then fails as SetThrows
#   GetThrows          fails a read with an exception
#   RemoveThrows       fails a removal with an exception
#   PromptsOnGet       asks a person at a read
#   SetHangs=<s>       answers a write after so many seconds, or once DCR_TEST_VAULT_MODE is another; GetHangs=<s> a read
#   SetQuotes          fails a write and says in the message what was to be written
#   NotFound=<name>    lists a secret and says that it is not there; NotFoundOnce=<name> the first time only
#   RunspaceGone=<n>   gives nothing at the first n reads, and an error that names a closed runspace
Set-StrictMode -Version 2.0

# In the process rather than in this module: SecretManagement makes a new runspace when the first caller with a host comes.
$script:Vaults = [AppDomain]::CurrentDomain.GetData('DcrTestVault')
if (-not $script:Vaults) {
    $script:Vaults = @{}
    [AppDomain]::CurrentDomain.SetData('DcrTestVault', $script:Vaults)
}

function Open-Vault {
    param([string] $VaultName, [hashtable] $Parameters)

    $mode = if ($env:DCR_TEST_VAULT_MODE) { $env:DCR_TEST_VAULT_MODE } elseif ($Parameters -and $Parameters['Mode']) {
        $Parameters['Mode'] } else { 'Normal' }
    if ($mode -eq 'Locked') {
        throw [Microsoft.PowerShell.SecretManagement.PasswordRequiredException]::new("Vault $VaultName requires a password.")
    }

    if (-not $script:Vaults.ContainsKey($VaultName)) { $script:Vaults[$VaultName] = @{ Secrets = @{}; Writes = 0; Calls = 0;
        Hanging = $false } }
    $vault = $script:Vaults[$VaultName]
    $vault.Mode = $mode
    $vault.Calls++
    $vault
}

# Whoever looks at it meanwhile sees that it hangs.
function Wait-Hanging {
    param([hashtable] $Vault)

    $asked = $env:DCR_TEST_VAULT_MODE
    $end = [datetime]::UtcNow.AddSeconds([double]::Parse($Vault.Mode.Split('=')[1], [cultureinfo]::InvariantCulture))
    $Vault.Hanging = $true
    try { while ([datetime]::UtcNow -lt $end -and $env:DCR_TEST_VAULT_MODE -eq $asked) { Start-Sleep -Milliseconds 20 } } finally {
        $Vault.Hanging = $false }
}

function Set-Secret {
    param([string] $Name, [object] $Secret, [string] $VaultName, [hashtable] $AdditionalParameters)

    $vault = Open-Vault $VaultName $AdditionalParameters
    $vault.Writes++
    switch -Wildcard ($vault.Mode) {
        'SetReturnsFalse' { return $false }
        'SetThrows' { throw 'The disk of the test vault is full.' }
        'SetNonTerminating' { Write-Error 'The disk of the test vault is full.'; return $false }
        'SetDropsSilently' { return $true }
        'SetHangs=*' { Wait-Hanging $vault }
        'SetQuotes' {
            $text = [Net.NetworkCredential]::new('', $Secret).Password
            throw "The test vault does not take '$text' nor '$($text.Substring(20, 200))' nor $(($text | ConvertFrom-Json).registration_access_token)."
        }
        'FailsAfter=*' { if ($vault.Writes -gt [int] $vault.Mode.Split('=')[1]) { throw 'The disk of the test vault is full.' } }
    }

    $vault.Secrets[$Name] = $Secret
    $true
}

function Get-Secret {
    param([string] $Name, [string] $VaultName, [hashtable] $AdditionalParameters)

    $vault = Open-Vault $VaultName $AdditionalParameters
    switch -Wildcard ($vault.Mode) {
        'GetHangs=*' { Wait-Hanging $vault }
        'NotFound=*' { if ($Name -eq $vault.Mode.Split('=')[1]) { return } }
        'NotFoundOnce=*' { if ($Name -eq $vault.Mode.Split('=')[1] -and -not $vault['Denied']) { $vault.Denied = $true; return } }
        'RunspaceGone=*' {
            $vault.Gone = 1 + $vault['Gone']
            if ($vault.Gone -le [int] $vault.Mode.Split('=')[1]) {
                Write-Error -Exception ([System.Management.Automation.Runspaces.InvalidRunspaceStateException]::new('The runspace is closed.'))
                return
            }
        }
        'GetThrows' { throw 'The test vault cannot read its disk.' }
        'PromptsOnGet' { $null = Read-Host 'Password of the test vault' }
    }

    $vault.Secrets[$Name]
}

function Remove-Secret {
    param([string] $Name, [string] $VaultName, [hashtable] $AdditionalParameters)

    $vault = Open-Vault $VaultName $AdditionalParameters
    if ($vault.Mode -eq 'RemoveThrows') { throw 'The test vault is read-only.' }
    if (-not $vault.Secrets.ContainsKey($Name)) { throw "There is no secret named $Name." }
    $vault.Secrets.Remove($Name)
    $true
}

function Get-SecretInfo {
    param([string] $Filter, [string] $VaultName, [hashtable] $AdditionalParameters)

    $vault = Open-Vault $VaultName $AdditionalParameters
    foreach ($name in @($vault.Secrets.Keys) | Where-Object { $_ -like $Filter } | Sort-Object) {
        $type = [Microsoft.PowerShell.SecretManagement.SecretType] $vault.Secrets[$name].GetType().Name
        New-Object Microsoft.PowerShell.SecretManagement.SecretInformation $name, $type, $VaultName
    }
}

function Test-SecretVault {
    param([string] $VaultName, [hashtable] $AdditionalParameters)

    $null = Open-Vault $VaultName $AdditionalParameters
    $true
}
