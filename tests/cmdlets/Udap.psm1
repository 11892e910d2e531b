# What the tests of UDAP share: a FHIR server of a trust community, a client's certificate, connections, and looks at what was signed.
Set-StrictMode -Version 2.0

# The URI that the client's certificates name.
$script:ClientUri = 'https://app.example.com/client'

# Starts a server that speaks UDAP. Gives it, with Anchor: the file of its first community's root certificate.
function New-UdapServer {
    [CmdletBinding()]
    param([hashtable] $Udap = @{}, [hashtable] $Switches = @{})

    $server = New-TestServer ($Switches + @{ udap = $Udap })
    $anchor = Join-Path $HOME "$([guid]::NewGuid().ToString('n')).pem"
    [IO.File]::WriteAllText($anchor, $server.Communities[0].Anchor)
    $server | Add-Member Anchor $anchor -PassThru
}

# Makes a certificate for the client, and writes it to a PFX. Gives its path.
function New-UdapPfx {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Server,
        [string[]] $Uri = @($script:ClientUri),
        [string] $Fault = 'good',
        [string] $Algorithm = 'rsa',
        [string] $Community
    )

    $path = Join-Path $HOME "$([guid]::NewGuid().ToString('n')).pfx"
    (New-TestUdapCertificate $Server $Uri -Path $path -Fault $Fault -Algorithm $Algorithm -Community $Community).FullName
}

# Makes a certificate for the client, and writes it to a folder as certificate.pem (with its issuers) and key.pem. Gives the folder.
function New-UdapPem {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [object] $Server, [string] $Algorithm = 'rsa')

    $path = Join-Path $HOME ([guid]::NewGuid().ToString('n'))
    $null = New-TestUdapCertificate $Server $script:ClientUri -Path $path -Algorithm $Algorithm
    $path
}

# Connects with a certificate: a PFX of its own, where none is named.
function Connect-Udap {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Server,
        [hashtable] $Connect = @{}
    )

    $isGiven = @('Certificate', 'CertificatePath', 'PrivateKey', 'PrivateKeyPath' | Where-Object { $Connect.ContainsKey($_) })
    if (-not $isGiven) { $Connect = $Connect + @{ CertificatePath = New-UdapPfx $Server } }
    Connect-DcrServer $Server.FhirBase -Discovery Udap -TrustAnchor $Server.Anchor @Connect
}

# The certificates of a PFX without a password; the one with the private key first.
function Get-UdapCertificate {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)

    $all = [Security.Cryptography.X509Certificates.X509Certificate2Collection]::new()
    $all.Import([IO.File]::ReadAllBytes($Path), '', 'Exportable')
    $all | Sort-Object { -not $_.HasPrivateKey }
}

# The header (0) or the claims (1) of a JWT.
function Get-JwtPart {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Jwt, [Parameter(Mandatory)] [int] $Part)

    $text = $Jwt.Split('.')[$Part].Replace('-', '+').Replace('_', '/')
    $bytes = [Convert]::FromBase64String($text.PadRight($text.Length + (4 - $text.Length % 4) % 4, '='))
    [Text.Encoding]::UTF8.GetString($bytes) | ConvertFrom-Json
}

# What the software statement of the last registration says.
function Get-SentStatement {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [object] $Server)

    Get-JwtPart (Get-SentMetadata $Server).software_statement 1
}

# A certification as a certifier of the first community signs it (UDAP Security, section 7.4).
function New-Certification {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Server,
        [Parameter(Mandatory)] [string] $Uri,
        [DateTimeOffset] $Expires = [DateTimeOffset]::UtcNow.AddDays(30)
    )

    function Get-Base64Url([byte[]] $Bytes) { [Convert]::ToBase64String($Bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_') }
    function Get-Encoded([hashtable] $Json) { Get-Base64Url ([Text.Encoding]::UTF8.GetBytes((ConvertTo-Json $Json -Compress))) }
    $chain = @(Get-UdapCertificate (New-UdapPfx $Server https://certifier.example.com))
    $x5c = @($chain | ForEach-Object { [Convert]::ToBase64String($_.RawData) })
    $signed = (Get-Encoded @{ alg = 'RS256'; x5c = $x5c }) + '.' + (Get-Encoded @{
            iss = 'https://certifier.example.com'; sub = $script:ClientUri; jti = "$([guid]::NewGuid())"
            iat = $Expires.AddDays(-60).ToUnixTimeSeconds(); exp = $Expires.ToUnixTimeSeconds()
            certification_name = 'A certification of the tests'; certification_uris = @($Uri)
        })
    $key = [Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($chain[0])
    $signature = $key.SignData([Text.Encoding]::ASCII.GetBytes($signed), 'SHA256', [Security.Cryptography.RSASignaturePadding]::Pkcs1)
    "$signed.$(Get-Base64Url $signature)"
}

Export-ModuleMember -Function *-*
