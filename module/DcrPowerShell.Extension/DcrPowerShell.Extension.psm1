# What SecretManagement calls of a vault whose module is DcrPowerShell. The store must be open in this process: while it is locked,
# nothing is answered. SecretManagement names these parameters.

function Get-Secret {
    [CmdletBinding()]
    param([string] $Name, [string] $VaultName, [hashtable] $AdditionalParameters)

    [DcrPowerShell.DcrStoreVault]::Get($Name)
}

function Get-SecretInfo {
    [CmdletBinding()]
    param([string] $Filter, [string] $VaultName, [hashtable] $AdditionalParameters)

    foreach ($name in [DcrPowerShell.DcrStoreVault]::Find($Filter)) {
        [Microsoft.PowerShell.SecretManagement.SecretInformation]::new($name, 'SecureString', $VaultName)
    }
}

function Set-Secret {
    [CmdletBinding()]
    param([string] $Name, [object] $Secret, [string] $VaultName, [hashtable] $AdditionalParameters, [hashtable] $Metadata)

    # Without this parameter, SecretManagement would have the secret written, and then removed because its metadata was not.
    if ($Metadata.Count -gt 0) {
        Write-Error 'The local store of DcrPowerShell keeps no metadata: leave out -Metadata. Nothing was changed.'
        return
    }

    [DcrPowerShell.DcrStoreVault]::Set($Name, $Secret)
}

function Remove-Secret {
    [CmdletBinding()]
    param([string] $Name, [string] $VaultName, [hashtable] $AdditionalParameters)

    [DcrPowerShell.DcrStoreVault]::Remove($Name)
}

function Test-SecretVault {
    [CmdletBinding()]
    param([string] $VaultName, [hashtable] $AdditionalParameters)

    [DcrPowerShell.DcrStoreVault]::Test()
}
