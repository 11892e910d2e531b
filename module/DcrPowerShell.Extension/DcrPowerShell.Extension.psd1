@{
    RootModule        = 'DcrPowerShell.Extension.psm1'
    ModuleVersion     = '1.0.0'
    GUID              = '5d1f8e3c-0d3e-4a35-8a0b-7c2f3b9e7592'
    Author            = 'DcrPowerShell contributors'
    Copyright         = '(c) DcrPowerShell contributors. MIT licence.'
    Description       = 'Lets SecretManagement read the local store of DcrPowerShell: Register-SecretVault -Name DcrStore -ModuleName DcrPowerShell.'
    FunctionsToExport = @('Get-Secret', 'Get-SecretInfo', 'Remove-Secret', 'Set-Secret', 'Test-SecretVault')
    CmdletsToExport   = @()
    AliasesToExport   = @()
    VariablesToExport = @()
}
