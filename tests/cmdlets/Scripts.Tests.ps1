# Scripts that Windows PowerShell 5.1 runs in CI, checked where there is none: those without #requires -Version 7.
BeforeDiscovery {
    $root = Split-Path (Split-Path $PSScriptRoot)
    $scripts = Get-ChildItem (Join-Path $root tests/*), (Join-Path $root module) -Recurse -Include *.ps1, *.psm1, *.psd1 |
        Where-Object { $_.FullName -notmatch '[\\/](node_modules|bin|obj|benchmarks|servers)[\\/]' } |
        Where-Object { -not (Select-String -LiteralPath $_.FullName -Pattern '^#requires -Version 7' -Quiet) } |
        ForEach-Object { @{ Script = $_.FullName; Place = $_.FullName.Substring($root.Length + 1) } }
}

Describe 'A script that Windows PowerShell runs: <Place>' -ForEach $scripts {
    It 'has a byte order mark where it is not all ASCII: Windows PowerShell reads it as ANSI otherwise' {
        $bytes = [IO.File]::ReadAllBytes($Script)
        $isAscii = [Text.Encoding]::ASCII.GetString($bytes) -ceq [Text.Encoding]::UTF8.GetString($bytes)
        ($isAscii -or ($bytes[0] -eq 0xEF -and $bytes[1] -eq 0xBB)) | Should -BeTrue
    }

    It 'has no syntax that came with PowerShell 7' {
        $errors = $null
        $tree = [Management.Automation.Language.Parser]::ParseFile($Script, [ref] $null, [ref] $errors)
        $errors | Should -BeNullOrEmpty
        $newer = $tree.FindAll({
            param($node)
            $kind = $node.GetType().Name
            $kind -in 'TernaryExpressionAst', 'PipelineChainAst' -or
                ($kind -eq 'BinaryExpressionAst' -and $node.Operator -eq 'QuestionQuestion') -or
                ($kind -eq 'AssignmentStatementAst' -and $node.Operator -eq 'QuestionQuestionEquals') -or
                ($kind -in 'MemberExpressionAst', 'InvokeMemberExpressionAst', 'IndexExpressionAst' -and $node.NullConditional) -or
                ($kind -eq 'CommandParameterAst' -and $node.ParameterName -in 'Parallel', 'AsHashtable', 'AsByteStream', 'LeafBase')
        }, $true)
        $newer | ForEach-Object { "line $($_.Extent.StartLineNumber): $($_.Extent.Text)" } | Should -BeNullOrEmpty
    }
}
