# The certified server of tests/servers/oidc-provider, for Pester. Its options are described in the README there.
Set-StrictMode -Version 2.0

$script:Folder = Join-Path (Split-Path $PSScriptRoot) 'servers/oidc-provider'
$script:Process = $null

# Why the server cannot run here, in one line, or nothing. Installs its packages the first time.
function Install-OidcProvider {
    [CmdletBinding()]
    param()

    $package = Get-Content (Join-Path $script:Folder 'package.json') -Raw | ConvertFrom-Json
    $wanted = $package.engines.node -replace '[^0-9.]'
    $node = Get-Command node -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $node -or [version]((& $node --version) -replace '^v') -lt [version] $wanted) {
        return "Node.js $wanted or later is not on this machine." }

    $modules = Join-Path $script:Folder 'node_modules'
    $installed = Join-Path $modules 'oidc-provider/package.json'
    if ((Test-Path $installed) -and (Get-Content $installed -Raw | ConvertFrom-Json).version -eq $package.dependencies.'oidc-provider') {
        return }

    $npm = Get-Command npm -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $npm) { return 'npm is not on this machine.' }

    # Beside the place and then moved there: the xunit suite may be doing the same.
    $staging = Join-Path $script:Folder "obj/$([guid]::NewGuid().ToString('n'))"
    $null = New-Item $staging -ItemType Directory -Force
    try {
        'package.json', 'package-lock.json', '.npmrc' | ForEach-Object { Copy-Item (Join-Path $script:Folder $_) $staging }
        $output = & $npm ci --prefix $staging --ignore-scripts --no-audit --no-fund --prefer-offline 2>&1
        if ($LASTEXITCODE) { return "npm could not install oidc-provider: $($output | Select-Object -First 1)" }
        if (Test-Path $modules) { Move-Item $modules (Join-Path $staging outdated) }
        Move-Item (Join-Path $staging node_modules) $modules
    } finally {
        Remove-Item $staging -Recurse -Force
    }
}

# Starts one process with a server for each of the options. Gives a table: by the option "name", an object with Issuer and
# InitialAccessToken.
function Start-OidcProvider {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [hashtable[]] $Options)

    $names = @($Options | ForEach-Object { $_['name']; $_.Remove('name') })
    $start = [Diagnostics.ProcessStartInfo]::new('node', 'server.mjs')
    $start.WorkingDirectory = $script:Folder
    $start.UseShellExecute = $false
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.EnvironmentVariables['OIDC_PROVIDER_OPTIONS'] = ConvertTo-Json -InputObject $Options -Compress
    $script:Process = [Diagnostics.Process]::Start($start)
    $line = $script:Process.StandardOutput.ReadLine()
    if (-not $line) { throw 'oidc-provider ended at once.' }

    $servers = @((ConvertFrom-Json $line).servers)
    $table = @{}
    for ($i = 0; $i -lt $names.Count; $i++) {
        $table[$names[$i]] = $servers[$i] | Select-Object issuer, initialAccessToken
    }

    $table
}

function Stop-OidcProvider {
    [CmdletBinding()]
    param()

    if ($script:Process) {
        if (-not $script:Process.HasExited) { $script:Process.Kill() }
        $script:Process.Dispose()
    }

    $script:Process = $null
}

Export-ModuleMember -Function *-OidcProvider
