BeforeAll {
    Import-Module "$PSScriptRoot/Common.psm1"
    Start-DcrTest
    $root = Split-Path (Split-Path $PSScriptRoot)

    if ($env:DCR_PACKAGE) {
        # Test-Package.ps1 has unpacked it to where the tests look for the module.
        $package = Get-Item -LiteralPath $env:DCR_PACKAGE
    } else {
        # The home folder is an empty one: NuGet finds what it has downloaded where the last build found it.
        $assets = Get-Content (Join-Path $root 'src/DcrPowerShell/obj/project.assets.json') -Raw | ConvertFrom-Json
        $env:NUGET_PACKAGES = $assets.packageFolders.PSObject.Properties.Name | Select-Object -First 1
        $env:DOTNET_NOLOGO = $env:DOTNET_CLI_TELEMETRY_OPTOUT = 'true'
        $package = & (Join-Path $root 'build.ps1') Package | Select-Object -Last 1
    }

    $repository = Join-Path $TestDrive repository
    $null = New-Item $repository -ItemType Directory
    Copy-Item $package.FullName $repository
    $unpacked = Join-Path $TestDrive unpacked
    Copy-Item $package.FullName "$unpacked.zip"
    Expand-Archive "$unpacked.zip" $unpacked
}

AfterAll { Stop-DcrTest }

Describe 'The package' {
    It 'is described as the gallery wants it' {
        $manifest = Test-ModuleManifest (Join-Path $unpacked 'DcrPowerShell.psd1')
        $nuspec = ([xml](Get-Content (Join-Path $unpacked 'DcrPowerShell.nuspec') -Raw)).package.metadata
        $nuspec.id | Should -BeExactly 'DcrPowerShell'
        $information = $manifest.PrivateData.PSData
        $nuspec.version | Should -Be (@($manifest.Version; $information.Prerelease | Where-Object { $_ }) -join '-')
        $package.Name | Should -Be "DcrPowerShell.$($nuspec.version).nupkg"
        $nuspec.authors | Should -Be $manifest.Author
        $nuspec.description | Should -Be $manifest.Description
        $nuspec.projectUrl | Should -Be $information.ProjectUri
        $nuspec.licenseUrl | Should -Be $information.LicenseUri
        $nuspec.iconUrl | Should -Be $information.IconUri
        $nuspec.releaseNotes | Should -Be $information.ReleaseNotes
        $nuspec.dependencies.dependency.id | Should -Be 'Microsoft.PowerShell.SecretManagement'
        $nuspec.dependencies.dependency.version | Should -Match '^\d+\.\d+\.\d+$'
        $tags = $nuspec.tags -split ' '
        'PSModule', 'PSEdition_Core', 'PSEdition_Desktop' | ForEach-Object { $tags | Should -Contain $_ }
        $manifest.ExportedCmdlets.Keys | ForEach-Object { $tags | Should -Contain "PSCmdlet_$_" }
    }

    It 'holds what was built, file for file' {
        $built = (Get-Module DcrPowerShell).ModuleBase
        $files = Get-ChildItem $built -Recurse -File
        $files | Should -Not -BeNullOrEmpty
        foreach ($file in $files) {
            $copy = Join-Path $unpacked $file.FullName.Substring($built.Length)
            (Get-FileHash $copy).Hash | Should -Be (Get-FileHash $file.FullName).Hash -Because $file.Name
        }
    }

    It 'holds its licence' {
        (Get-FileHash (Join-Path $unpacked LICENSE)).Hash | Should -Be (Get-FileHash (Join-Path $root LICENSE)).Hash
    }

    It 'holds the page that introduces it, with links to the project in the place of links to its files' {
        $text = [IO.File]::ReadAllText((Join-Path $unpacked README.md))
        [regex]::Matches($text, '\]\((?!https://|#)[^)]*\)') | ForEach-Object Value | Should -BeNullOrEmpty
        $address = "https://github.com/DcrPowerShell/DcrPowerShell/{0}/$($package.BaseName -replace '^DcrPowerShell\.', 'v')/"
        $text | Should -BeLike "*]($($address -f 'blob')SECURITY.md)*"
        $text | Should -BeLike "*]($($address -f 'raw')docs/session.svg)*"
        $text.Replace($address -f 'blob', '').Replace($address -f 'raw', '') |
            Should -BeExactly ([IO.File]::ReadAllText((Join-Path $root README.md)))
    }

    Context 'in a repository' {
        BeforeAll {
            # A stand-in for SecretManagement, newer than the real one. Install takes what is there already; Save saves it in any case.
            $other = New-Item (Join-Path $TestDrive other) -ItemType Directory
            $id = 'Microsoft.PowerShell.SecretManagement'
            Set-Content (Join-Path $other "$id.psd1") "@{ ModuleVersion = '1.1.99'; GUID = '$([guid]::NewGuid())'; Author = 'Test'; Description = 'Test' }"
            Set-Content (Join-Path $other "$id.nuspec") ('<package><metadata><id>{0}</id><version>1.1.99</version><authors>Test</authors>' -f $id +
                '<description>Test</description><tags>PSModule</tags></metadata></package>')
            $feed = New-Item (Join-Path $TestDrive feed) -ItemType Directory
            Copy-Item $package.FullName $feed
            Add-Type -AssemblyName System.IO.Compression.FileSystem
            [IO.Compression.ZipFile]::CreateFromDirectory($other, (Join-Path $feed "$id.1.1.99.nupkg"))
            $saved = New-Item (Join-Path $TestDrive saved) -ItemType Directory

            # Of this account, whose home folder is a throw-away one but on Windows.
            $installed = "$HOME/.local/share/powershell/Modules"
            $ownPath = $env:PSModulePath
        }

        AfterEach {
            $env:PSModulePath = $ownPath
            Get-ChildItem $saved, $installed -ErrorAction Ignore | Remove-Item -Recurse -Force
        }

        It 'brings SecretManagement along with PowerShellGet' {
            Register-PSRepository -Name Feed -SourceLocation $feed.FullName -InstallationPolicy Trusted
            try { Save-Module DcrPowerShell -Repository Feed -Path $saved.FullName } finally { Unregister-PSRepository Feed }
            (Get-ChildItem $saved).Name | Should -Be 'DcrPowerShell', $id
        }

        It 'brings SecretManagement along with PSResourceGet' -Skip:(-not (Get-Command Save-PSResource -ErrorAction Ignore)) {
            Import-Module "$PSScriptRoot/Feed.psm1"
            $gallery = Start-Feed (Get-ChildItem $feed)
            Register-PSResourceRepository -Name Gallery -Uri $gallery.Uri -ApiVersion V2 -Trusted
            try {
                Save-PSResource DcrPowerShell -Repository Gallery -Path $saved.FullName
            } finally {
                Unregister-PSResourceRepository Gallery
                Stop-Feed $gallery
            }

            (Get-ChildItem $saved).Name | Should -Be 'DcrPowerShell', $id
        }

        # On Windows both would put the stand-in, or this module, beside the account's own modules.
        It 'is published from its file, and installs with SecretManagement' -Skip:(
            [Environment]::OSVersion.Platform -eq 'Win32NT' -or
            -not (Get-Command Publish-PSResource -ErrorAction Ignore | Where-Object { $_.Parameters.ContainsKey('NupkgPath') })) {
            $published = New-Item (Join-Path $TestDrive published) -ItemType Directory
            Register-PSResourceRepository -Name Published -Uri $published.FullName -Trusted
            try {
                Get-ChildItem $feed | ForEach-Object { Publish-PSResource -NupkgPath $_.FullName -Repository Published }
            } finally { Unregister-PSResourceRepository Published }

            (Get-FileHash (Join-Path $published $package.Name)).Hash | Should -Be (Get-FileHash $package.FullName).Hash

            # The real SecretManagement, which may be in another folder of this path, would do.
            $env:PSModulePath = $installed, (Join-Path $PSHOME Modules) -join [IO.Path]::PathSeparator
            Import-Module "$PSScriptRoot/Feed.psm1"
            $gallery = Start-Feed (Get-ChildItem $published)
            Register-PSResourceRepository -Name Gallery -Uri $gallery.Uri -ApiVersion V2 -Trusted
            try {
                Install-PSResource DcrPowerShell -Repository Gallery
            } finally {
                Unregister-PSResourceRepository Gallery
                Stop-Feed $gallery
            }

            (Get-ChildItem $installed).Name | Should -Be 'DcrPowerShell', $id
        }

        # It takes what the module depends on from the folder of all accounts, if it is there, wherever PSModulePath leads. So Save-Module
        # alone shows that it brings SecretManagement along.
        It 'installs with Install-Module' -Skip:([Environment]::OSVersion.Platform -eq 'Win32NT') {
            Register-PSRepository -Name Feed -SourceLocation $feed.FullName -InstallationPolicy Trusted
            try { Install-Module DcrPowerShell -Repository Feed -Scope CurrentUser } finally { Unregister-PSRepository Feed }
            (Get-ChildItem $installed).Name | Should -Contain 'DcrPowerShell'
        }
    }

    It 'installs from a repository, and works in a new process' {
        if (Get-Command Install-PSResource -ErrorAction Ignore) {
            Register-PSResourceRepository -Name Local -Uri $repository -Trusted
            # What it depends on is installed already.
            Install-PSResource DcrPowerShell -Repository Local -SkipDependencyCheck
            $name = 'DcrPowerShell'
        } else {
            $name = Join-Path $unpacked 'DcrPowerShell.psd1'
        }

        $server = New-TestServer
        $result = Wait-Pwsh (Start-Pwsh -Module $name "(Get-Module DcrPowerShell).ModuleBase
            `$null = Connect-DcrServer $($server.Issuer)
            (New-DcrClient App https://app.example.com/ | Get-DcrClient).ClientName
            (Get-Help New-DcrClient).Synopsis")
        $result.Errors | Should -BeNullOrEmpty
        $place, $client, $synopsis = $result.Output.Trim() -split '\r?\n'
        $place | Should -Not -Be (Get-Module DcrPowerShell).ModuleBase
        $client | Should -Be 'App'
        $synopsis | Should -Not -BeNullOrEmpty
    }
}
