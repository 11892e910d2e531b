# Starts the PowerShell that runs this as a process of its own. Runs in Windows PowerShell 5.1 and in PowerShell 7.
Set-StrictMode -Version 2.0

# Tests wait for conditions. This limit of one wait only ends a test that hangs: nothing may depend on how long it is. C# has HangLimit.cs.
$HangLimitSec = 300

# A program and its first arguments. The PowerShell of the .NET tool is an assembly that dotnet runs: its process's path is dotnet's.
# The tool's program "pwsh" is not started, because it is a shim: PowerShell is a child of it, and outlives a kill.
function Get-PwshCommand {
    $program = (Get-Process -Id $PID).Path
    $program
    if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') { Join-Path $PSHOME 'pwsh.dll' }
}

# Runs PowerShell with these arguments, waits for its end, and gives what it writes; $LASTEXITCODE is its exit code.
function Invoke-Pwsh {
    $program, $first = @(Get-PwshCommand)
    $arguments = @($first) + $args | Where-Object { $null -ne $_ }
    & $program @arguments
}

# How to start PowerShell with these arguments and all three streams redirected.
function New-PwshStartInfo {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string[]] $Arguments,
        # Another PowerShell: its program.
        [string] $Program
    )

    $program, $first = @(
        # A shell ignores Ctrl-C for what it runs in the background, and children inherit that.
        if ($PSEdition -eq 'Core' -and $IsLinux) { 'env', '--default-signal=INT' }
        if ($Program) { $Program } else { Get-PwshCommand }
    )
    $start = [Diagnostics.ProcessStartInfo]::new($program)
    $all = @($first) + $Arguments | Where-Object { $null -ne $_ }
    $start.Arguments = @($all | ForEach-Object { if ($_ -match '[\s"]') { '"' + $_.Replace('"', '\"') + '"' } else { $_ } }) -join ' '
    $start.UseShellExecute = $false
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    # Another PowerShell would find this one's modules first, and Windows PowerShell cannot load those of PowerShell 7.
    if ($PSBoundParameters.ContainsKey('Program')) { $start.EnvironmentVariables.Remove('PSModulePath') }
    $start
}

Export-ModuleMember -Function Invoke-Pwsh, New-PwshStartInfo -Variable HangLimitSec
