# A feed on the loopback that speaks what the PowerShell Gallery speaks (NuGet's OData, version 2), as far as Install-PSResource asks for
# it.
# Of a feed that is a folder, Install-PSResource reads the dependencies in the manifest; of the gallery, those in the nuspec.
Set-StrictMode -Version 2.0

# Starts one that has these packages. Gives its address, and what Stop-Feed needs.
function Start-Feed {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [IO.FileInfo[]] $Package)

    Add-Type -AssemblyName System.IO.Compression.FileSystem
    $packages = @{}
    foreach ($file in $Package) {
        $zip = [IO.Compression.ZipFile]::OpenRead($file.FullName)
        try {
            $reader = [IO.StreamReader]::new(($zip.Entries | Where-Object FullName -like '*.nuspec').Open())
            $metadata = ([xml] $reader.ReadToEnd()).package.metadata
            $reader.Dispose()
        } finally { $zip.Dispose() }

        $dependencies = $metadata.SelectNodes('*[local-name()="dependencies"]/*') | ForEach-Object { "$($_.id):$($_.version):" }
        $entry = '<entry><title>{0}</title><m:properties><d:Id>{0}</d:Id><d:Version>{1}</d:Version><d:NormalizedVersion>{1}</d:NormalizedVersion>' +
            '<d:IsPrerelease>false</d:IsPrerelease><d:Tags>PSModule</d:Tags><d:Dependencies>{2}</d:Dependencies></m:properties></entry>'
        $entry = $entry -f $metadata.id, $metadata.version, ($dependencies -join '|')
        $packages[$metadata.id] = @{ Entry = $entry; Bytes = [IO.File]::ReadAllBytes($file.FullName) }
    }

    $listener = [Net.HttpListener]::new()
    for ($try = 1; ; $try++) {
        $address = "http://127.0.0.1:$(Get-Random -Minimum 20000 -Maximum 60000)/api/v2"
        $listener.Prefixes.Clear()
        $listener.Prefixes.Add("$address/")
        try { $listener.Start(); break } catch [Net.HttpListenerException] { if ($try -eq 20) { throw } }
    }

    $null = [powershell]::Create().AddScript({
        param($listener, $packages)
        $feed = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" ' +
            'xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"><m:count>{0}</m:count>{1}</feed>'
        while ($listener.IsListening) {
            $context = $listener.GetContext()
            $path = $context.Request.Url.AbsolutePath
            $id = if ($path -match '/package/(?<id>[^/]+)/') { $Matches.id } else { "$($context.Request.QueryString['id'])".Trim("'") }
            $found = @($packages[$id] | Where-Object { $_ })
            $bytes = if ($path -match '/package/') { $found[0].Bytes } else {
                [Text.Encoding]::UTF8.GetBytes(($feed -f $found.Count, ($found | ForEach-Object { $_.Entry })))
            }
            $context.Response.OutputStream.Write($bytes, 0, $bytes.Length)
            $context.Response.Close()
        }
    }).AddArgument($listener).AddArgument($packages).BeginInvoke()
    [pscustomobject]@{ Uri = $address; Listener = $listener }
}

function Stop-Feed {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [object] $Feed)

    $Feed.Listener.Close()
}
