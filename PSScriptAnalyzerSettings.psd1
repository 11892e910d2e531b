# The rules of PSScriptAnalyzer for the scripts of this repository: tests/cmdlets/ScriptAnalyzer.Tests.ps1 runs them.
# All of its default rules but these, and a few that are not on by default.
@{
    IncludeDefaultRules = $true
    ExcludeRules = @(
        # A variable that BeforeAll sets is read in It, and a parameter by a block within: these rules see neither.
        'PSUseDeclaredVarsMoreThanAssignments'
        'PSReviewUnusedParameter'
        # The demo, the benchmarks and the builds of packages write for a person.
        'PSAvoidUsingWriteHost'
        # Functions of tests: they have few parameters, ask nobody, and need no help. The cmdlets are C#.
        'PSAvoidUsingPositionalParameters'
        'PSUseShouldProcessForStateChangingFunctions'
        'PSProvideCommentHelp'
        'PSUseOutputTypeCorrectly'
        # Secrets of tests are no secrets.
        'PSAvoidUsingConvertToSecureStringWithPlainText'
        # What a test puts in the place of a cmdlet, such as Read-Host, and what it reads of another scope.
        'PSAvoidOverwritingBuiltInCmdlets'
        'PSAvoidGlobalVars'
    )
    Rules = @{
        PSAvoidExclaimOperator = @{ Enable = $true }
        PSAvoidUsingDoubleQuotesForConstantString = @{ Enable = $true }
        PSUseConsistentWhitespace = @{ Enable = $true; IgnoreAssignmentOperatorInsideHashTable = $true }
        PSUseSingularNouns = @{ Enable = $true; NounAllowList = 'Data', 'Windows', 'Metadata' }
    }
}
