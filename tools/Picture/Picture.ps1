<#
.SYNOPSIS
    Draws docs/session.svg, the picture in README: runs Session.ps1 against the test server, and draws what a console of 80 columns shows.
    Run it after a build: dotnet pwsh ./tools/Picture/Picture.ps1. Each run of it makes the same picture.
#>
[CmdletBinding()]
param(
    # Where the picture goes.
    [string] $Path = (Join-Path (Split-Path (Split-Path $PSScriptRoot)) 'docs/session.svg')
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$root = Split-Path (Split-Path $PSScriptRoot)
Import-Module "$root/tests/cmdlets/TestServer.psm1", "$root/tests/shared/Pwsh.psm1"

$columns = 80
$cell = @{ Width = 8.4; Height = 19; Font = 14; Margin = 18 }
$colours = @{ 31 = '#ff7b72'; 32 = '#7ee787'; 33 = '#e3b341'; 36 = '#79c0ff'; 90 = '#8b949e'; 93 = '#f2cc60' }
$plain = '#e6edf3'

# Runs the session in an empty folder with a store of its own, and gives what it writes.
function Get-SessionOutput {
    $folder = Join-Path ([IO.Path]::GetTempPath()) "dcr-picture-$([guid]::NewGuid().ToString('n'))"
    $null = New-Item $folder -ItemType Directory
    Start-TestServerHost
    try {
        $server = New-TestServer @{ secretExpiresAt = 'future' }
        $module = Join-Path $root 'out/DcrPowerShell/DcrPowerShell.psd1'
        $command = "Import-Module '$module'; & '$PSScriptRoot/Session.ps1' '$($server.Issuer)'"
        $start = New-PwshStartInfo '-NoProfile', '-NonInteractive', '-Command', $command
        $start.WorkingDirectory = $folder
        $start.StandardOutputEncoding = [Text.UTF8Encoding]::new()
        $start.Environment['DCRPOWERSHELL_HOME'] = Join-Path $folder 'store'
        $process = [Diagnostics.Process]::Start($start)
        $process.StandardInput.Close()
        $errors = $process.StandardError.ReadToEndAsync()
        $output = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        if ($process.ExitCode -or $errors.Result) { throw "The session failed. $($errors.Result)" }
        $output
    } finally {
        Stop-TestServerHost
        Remove-Item $folder -Recurse -Force
    }
}

# Puts names in the place of what differs from run to run, as long as what they replace: the server's address, and ids of clients.
function Get-LastingText ([string] $Text) {
    $Text = $Text -replace 'http://127\.0\.0\.1:\d{5}', 'https://as.example.com' -replace '127\.0\.0\.1:\d{5}', 'as.example.com '
    $ids = 'jUJA0RUZgyY4MP0XI5Dg', 'uWPDBAFgk5NR9SoWuV6L', 'lApEOXMkitte4Xv9Oqor'
    $number = 0
    $found = [regex]::Matches($Text, '(?m)^[A-Za-z0-9_-]{20}(?= )').Value | Select-Object -Unique
    foreach ($id in $found) { $Text = $Text.Replace($id, $ids[$number++]) }
    $Text
}

# Lines as a console shows them: each a list of runs of one colour, each run with its column.
function Get-ConsoleLine ([string] $Text) {
    $colour = $plain
    $bold = $false
    foreach ($line in $Text.Trim() -split '\r?\n') {
        $runs = [Collections.Generic.List[object]]::new()
        $column = 0
        foreach ($part in [regex]::Matches($line, '\x1b\[(?<codes>[\d;]*)m|(?<text>[^\x1b]+)')) {
            if (-not $part.Groups['text'].Success) {
                foreach ($code in $part.Groups['codes'].Value.Split(';')) {
                    if ([int] $code -eq 0) { $colour = $plain; $bold = $false }
                    elseif ([int] $code -eq 1) { $bold = $true }
                    else { $colour = $colours[[int] $code] }
                }
                continue
            }

            $rest = $part.Groups['text'].Value
            while ($rest) {
                $length = [Math]::Min($rest.Length, $columns - $column)
                $runs.Add(@{ Text = $rest.Substring(0, $length); Column = $column; Colour = $colour; Bold = $bold })
                $column += $length
                $rest = $rest.Substring($length)
                if ($rest) {
                    , $runs
                    $runs = [Collections.Generic.List[object]]::new()
                    $column = 0
                }
            }
        }
        , $runs
    }
}

# A run as SVG. Its width is said, so that columns stand in line whatever font there is.
function Get-RunElement ($Run, [double] $Y) {
    $text = $Run.Text.TrimEnd()
    $length = $text.TrimStart().Length
    if (-not $length) { return }
    $invariant = [Globalization.CultureInfo]::InvariantCulture
    $x = ($cell.Margin + ($Run.Column + $text.Length - $length) * $cell.Width).ToString('0.#', $invariant)
    $width = ($length * $cell.Width).ToString('0.#', $invariant)
    $weight = if ($Run.Bold) { ' font-weight="bold"' }
    $content = [Security.SecurityElement]::Escape($text.TrimStart())
    "<text x=`"$x`" y=`"$Y`" textLength=`"$width`" lengthAdjust=`"spacingAndGlyphs`" fill=`"$($Run.Colour)`"$weight>$content</text>"
}

$lines = @(Get-ConsoleLine (Get-LastingText (Get-SessionOutput)))
$number = 0
$elements = foreach ($runs in $lines) {
    $number++
    foreach ($run in $runs) { Get-RunElement $run ($cell.Margin + $number * $cell.Height - 5) }
}

# Its own dark ground and its edge make it readable on a light page and on a dark one.
$width = [Math]::Ceiling(2 * $cell.Margin + $columns * $cell.Width)
$height = 2 * $cell.Margin + $lines.Count * $cell.Height
$svg = @"
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width $height" width="$width" height="$height" role="img">
<title>A session of DcrPowerShell in PowerShell</title>
<rect x="0.5" y="0.5" width="$($width - 1)" height="$($height - 1)" rx="8" fill="#0d1117" stroke="#57606a"/>
<g font-family="ui-monospace, Consolas, Menlo, 'DejaVu Sans Mono', monospace" font-size="$($cell.Font)" xml:space="preserve">
$($elements -join "`n")
</g>
</svg>

"@
[IO.File]::WriteAllText([IO.Path]::GetFullPath($Path, $PWD.ProviderPath), $svg.Replace("`r`n", "`n"))
