# The PowerShell of Markdown pages, for tests that type it: Help.Tests.ps1 and Docs.Tests.ps1.
Set-StrictMode -Version 2.0

# A section from its heading to the next one. A code block is taken whole, because a comment in it looks like a heading.
$script:Section = [regex]::new('^\#+[ ](?<title>[^\n]+)\n(?<text>(?:^```.*?^```|.)*?)(?=^\#+[ ]|\z)', 'Multiline, Singleline')

# A block that cannot run in a test says why in the line above: <!-- Not run: Azure -->
$script:Block = [regex]::new('(?:^<!-- Not run: (?<reason>[^\n]+?) -->\n)?^```powershell\n(?<code>.*?)^```', 'Multiline, Singleline')

# The PowerShell blocks of a page, in order.
function Get-CodeBlock {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)

    $number = 0
    foreach ($section in $script:Section.Matches([IO.File]::ReadAllText($Path))) {
        foreach ($block in $script:Block.Matches($section.Groups['text'].Value)) {
            $number++
            @{
                Number = $number
                Title = $section.Groups['title'].Value
                Text = $section.Groups['text'].Value
                Code = $block.Groups['code'].Value
                NotRun = $block.Groups['reason'].Value
            }
        }
    }
}

# Code with servers of this machine in the place of those that it names: a table of addresses, each with the one that takes its place.
function Use-TestAddress {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Code,
        [Parameter(Mandatory)] [hashtable] $Address
    )

    # The longest first, because one may be the beginning of another.
    foreach ($name in $Address.Keys | Sort-Object Length -Descending) { $Code = $Code.Replace($name, $Address[$name].TrimEnd('/')) }
    $Code
}

# What the parser has to say against code.
function Get-SyntaxError {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Code)

    $problems = $null
    $null = [System.Management.Automation.Language.Parser]::ParseInput($Code, [ref] $null, [ref] $problems)
    $problems | ForEach-Object { "$_" }
}

Export-ModuleMember -Function Get-CodeBlock, Use-TestAddress, Get-SyntaxError
