# The test server for Pester: one process a test run, many servers in it. Runs in Windows PowerShell 5.1 and in PowerShell 7.
Set-StrictMode -Version 2.0

$script:Process = $null
$script:Control = $null
# Ids of the servers that were started here and run still.
$script:Servers = New-Object System.Collections.Generic.List[string]

function Invoke-Control {
    param([string] $Method, [string] $Path, [hashtable] $Body)

    if (-not $script:Control) { throw 'The test server is not running: call Start-TestServerHost first.' }
    $request = @{ Uri = "$script:Control$Path"; Method = $Method; UseBasicParsing = $true; ErrorAction = 'Stop' }
    if ($null -ne $Body) {
        # As bytes: Windows PowerShell would send text as Latin-1.
        $request.Body = [Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -InputObject $Body -Depth 32 -Compress))
        $request.ContentType = 'application/json'
    }

    # A list arrives as one object: take it apart.
    Invoke-RestMethod @request | ForEach-Object { $_ }
}

# Starts the server process, which ends when Stop-TestServerHost is called, and with this PowerShell at the latest.
# Where the environment variable DCR_TEST_SERVER is set, it is the control API of a process that runs already, and that one is used.
function Start-TestServerHost {
    [CmdletBinding()]
    param(
        # DcrPowerShell.TestServer.dll; the newest build, if left out.
        [string] $Path
    )

    if ($script:Control) { return }
    if ($env:DCR_TEST_SERVER -and -not $Path) {
        $script:Control = $env:DCR_TEST_SERVER
        return
    }

    if (-not $Path) {
        $bin = Join-Path (Split-Path $PSScriptRoot) 'DcrPowerShell.TestServer/bin'
        $newest = Get-ChildItem -Path (Join-Path $bin '*/net8.0/DcrPowerShell.TestServer.dll') -ErrorAction SilentlyContinue |
            Sort-Object LastWriteTime | Select-Object -Last 1
        if (-not $newest) { throw "The test server is not built: there is no DcrPowerShell.TestServer.dll below $bin." }
        $Path = $newest.FullName
    }

    $start = New-Object System.Diagnostics.ProcessStartInfo 'dotnet', "`"$Path`""
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $script:Process = [System.Diagnostics.Process]::Start($start)
    $line = $script:Process.StandardOutput.ReadLine()
    if (-not $line) {
        $script:Process = $null
        throw 'The test server ended at once.'
    }

    $script:Control = (ConvertFrom-Json $line).control
}

# Ends the server process and all its servers; of a process that others use too, the servers that were started here.
function Stop-TestServerHost {
    [CmdletBinding()]
    param()

    if ($script:Process) {
        if (-not $script:Process.HasExited) { $script:Process.Kill() }
        $script:Process.Dispose()
    } else {
        foreach ($id in $script:Servers) { $null = Invoke-Control DELETE "/servers/$id" }
    }

    $script:Servers.Clear()
    $script:Process = $null
    $script:Control = $null
}

# Starts a server; gives an object with Id, Url, Issuer, FhirBase and, where the switch auth0.managementToken asks for one, ManagementToken;
# with the switch udap also Communities, each with Uri and Anchor (PEM), the default one first.
function New-TestServer {
    [CmdletBinding()]
    param([hashtable] $Switches = @{})

    $server = Invoke-Control POST '/servers' $Switches
    $script:Servers.Add($server.id)
    [pscustomobject]@{ Id = $server.id; Url = $server.url; Issuer = $server.issuer; ManagementToken = $server.managementToken
        FhirBase = $server.fhirBase; Communities = @($server.communities) }
}

# UDAP: makes a client's certificate and writes it to a file that ends in .pfx (no password), or to a folder as certificate.pem (with its
# issuers) and key.pem. Gives the files.
function New-TestUdapCertificate {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Server,
        [Parameter(Mandatory)] [string[]] $Uri,
        [Parameter(Mandatory)] [string] $Path,
        # expired, notYetValid, noUri, noDigitalSignature, unknownRoot, selfSigned, intermediateExpired, intermediateNotCa, weakKey,
        # revoked, intermediateRevoked, crlUnanswered; goodByCrl is none: its revocation list says that it is good.
        [string] $Fault = 'good',
        # rsa, p256, p384
        [string] $Algorithm = 'rsa',
        # URI of one of the server's communities; the first, if left out.
        [string] $Community
    )

    $order = @{ uris = $Uri; kind = $Fault; key = $Algorithm }
    if ($Community) { $order.community = $Community }
    $made = Invoke-Control POST "/servers/$($Server.Id)/certificates" $order
    if ($Path -like '*.pfx') {
        [IO.File]::WriteAllBytes($Path, [Convert]::FromBase64String($made.pfx))
        return Get-Item $Path
    }

    $null = New-Item $Path -ItemType Directory -Force
    [IO.File]::WriteAllText((Join-Path $Path certificate.pem), $made.certificate)
    [IO.File]::WriteAllText((Join-Path $Path key.pem), $made.key)
    Get-Item (Join-Path $Path certificate.pem), (Join-Path $Path key.pem)
}

# Writes the authority that signs the servers' certificates to a file: whoever has SSL_CERT_FILE set to it trusts them (on Unix).
function Save-TestServerCertificate {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)

    [IO.File]::WriteAllText($Path, (Invoke-Control GET '/certificate'))
}

# Stops one server: its port is closed from now on.
function Remove-TestServer {
    [CmdletBinding()]
    param([Parameter(Mandatory, ValueFromPipeline)] [object] $Server)

    process {
        $null = Invoke-Control DELETE "/servers/$($Server.Id)"
        $null = $script:Servers.Remove($Server.Id)
    }
}

# Changes switches from the next request on, each as a whole; of okta, auth0 and udap, the members that are named. Setting faults starts
# their queue again.
function Set-TestServerSwitch {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Server,
        [Parameter(Mandatory)] [hashtable] $Switches
    )

    $null = Invoke-Control PATCH "/servers/$($Server.Id)" $Switches
}

# The requests that the server got, in order.
function Get-TestServerRequest {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Server,
        # discovery, token, register, read, update, delete, list and the like, notFound, methodNotAllowed
        [string[]] $Operation
    )

    Invoke-Control GET "/servers/$($Server.Id)/requests" | Where-Object { -not $Operation -or $Operation -contains $_.operation }
}

# Forgets the requests.
function Clear-TestServerRequest {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [object] $Server)

    $null = Invoke-Control DELETE "/servers/$($Server.Id)/requests"
}

# The clients as the server knows them, in order of registration.
function Get-TestServerClient {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Server,
        [string] $ClientId
    )

    Invoke-Control GET "/servers/$($Server.Id)/clients" | Where-Object { -not $ClientId -or $_.clientId -ceq $ClientId }
}

# What an Okta org (secrets) or an Auth0 tenant (settings, applications, credentials, clientGrants, connections, networkAcls,
# resourceServers) holds now.
function Get-TestServerState {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [object] $Server)

    Invoke-Control GET "/servers/$($Server.Id)/state"
}

# Removes a client behind its owner's back.
function Remove-TestServerClient {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Server,
        [Parameter(Mandatory)] [string] $ClientId
    )

    $null = Invoke-Control DELETE "/servers/$($Server.Id)/clients/$([uri]::EscapeDataString($ClientId))"
}

# Silently gives a client another registration access token; gives the client as it is then.
function Reset-TestServerClientToken {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Server,
        [Parameter(Mandatory)] [string] $ClientId
    )

    Invoke-Control POST "/servers/$($Server.Id)/clients/$([uri]::EscapeDataString($ClientId))/rotate"
}

# The authority that signs the certificates of https servers, as PEM.
function Get-TestServerAuthority {
    [CmdletBinding()]
    param()

    Invoke-Control GET '/certificate'
}

Export-ModuleMember -Function *-TestServer*, *-TestUdap*
