@{
    ModuleVersion     = '1.0.0'
    GUID              = '6b1d2c0e-94f7-4a0e-8e0b-5d0f7a7f2d11'
    Author            = 'DcrPowerShell contributors'
    Description       = 'A SecretManagement vault that lives in memory and ends with the process: for tests and for the demo.'
    PowerShellVersion = '5.1'
    NestedModules     = @('./DcrTestVault.Extension')
    FunctionsToExport = @()
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
