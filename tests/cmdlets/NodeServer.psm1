# The servers of tests/servers that Node.js runs, for Pester. Their options are described in the README of each.
Set-StrictMode -Version 2.0

$script:Folder = Join-Path (Split-Path $PSScriptRoot) 'servers'
$script:Processes = @()

# Why a server cannot run here, in one line, or nothing. Installs its packages the first time.
function Install-NodeServer {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Name)

    $folder = Join-Path $script:Folder $Name
    $package = Get-Content (Join-Path $folder 'package.json') -Raw | ConvertFrom-Json
    $wanted = $package.engines.node -replace '[^0-9.]'
    $node = Get-Command node -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $node -or [version]((& $node --version) -replace '^v') -lt [version] $wanted) {
        return "Node.js $wanted or later is not on this machine." }

    $modules = Join-Path $folder 'node_modules'
    $missing = foreach ($dependency in $package.dependencies.PSObject.Properties) {
        $installed = Join-Path $modules "$($dependency.Name)/package.json"
        if (-not (Test-Path $installed) -or (Get-Content $installed -Raw | ConvertFrom-Json).version -ne $dependency.Value) {
            $dependency.Name }
    }
    if (-not $missing) { return }

    $npm = Get-Command npm -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $npm) { return 'npm is not on this machine.' }

    # Beside the place and then moved there: the xunit suite may be doing the same.
    $staging = Join-Path $folder "obj/$([guid]::NewGuid().ToString('n'))"
    $null = New-Item $staging -ItemType Directory -Force
    try {
        'package.json', 'package-lock.json', '.npmrc' | ForEach-Object { Copy-Item (Join-Path $folder $_) $staging }
        $output = & $npm ci --prefix $staging --ignore-scripts --no-audit --no-fund --prefer-offline 2>&1
        if ($LASTEXITCODE) { return "npm could not install ${Name}: $($output | Select-Object -First 1)" }
        if (Test-Path $modules) { Move-Item $modules (Join-Path $staging outdated) }
        Move-Item (Join-Path $staging node_modules) $modules
    } finally {
        Remove-Item $staging -Recurse -Force
    }
}

# Starts a server's process. Gives what it says of itself when it listens.
function Start-NodeServer {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Name,
        # Environment variables, whose values are JSON.
        [hashtable] $Options = @{}
    )

    $start = [Diagnostics.ProcessStartInfo]::new('node', 'server.mjs')
    $start.WorkingDirectory = Join-Path $script:Folder $Name
    $start.UseShellExecute = $false
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    foreach ($option in $Options.Keys) { $start.EnvironmentVariables[$option] = ConvertTo-Json -InputObject $Options[$option] -Compress }
    $process = [Diagnostics.Process]::Start($start)
    $script:Processes += $process
    $line = $process.StandardOutput.ReadLine()
    if (-not $line) { throw "$Name ended at once." }
    ConvertFrom-Json $line
}

# Starts one process of oidc-provider with a server for each of the options. Gives a table: by the option "name", an object with Issuer
# and InitialAccessToken.
function Start-OidcProvider {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [hashtable[]] $Options)

    $names = @($Options | ForEach-Object { $_['name']; $_.Remove('name') })
    $servers = @((Start-NodeServer oidc-provider @{ OIDC_PROVIDER_OPTIONS = $Options }).servers)
    $table = @{}
    for ($i = 0; $i -lt $names.Count; $i++) {
        $table[$names[$i]] = $servers[$i] | Select-Object issuer, initialAccessToken
    }

    $table
}

# Ends all that were started.
function Stop-NodeServer {
    [CmdletBinding()]
    param()

    foreach ($process in $script:Processes) {
        if (-not $process.HasExited) { $process.Kill() }
        $process.Dispose()
    }

    $script:Processes = @()
}

Export-ModuleMember -Function *-NodeServer, *-OidcProvider
