using System;
using System.IO;
using DcrPowerShell.Files;

namespace DcrPowerShell.Ledger;

/// <summary>
/// Room on the disk for the answers to what this process has asked: a file that says nothing. Where the disk is full when an answer comes,
/// the file goes and the answer fits.
/// </summary>
internal sealed class AnswerRoom(IStoreFolder folder, string name) : IDisposable
{
    // An answer as it came, and the registration that is made of it: a few KB each. Room is made for several at once, because each step is
    // a flush.
    private const int ForOne = 16 * 1024;
    private const int AtOnce = 4;

    private readonly object _gate = new();
    private IAppendFile? _file;

    /// <summary>How often it was given up.</summary>
    public int Releases { get; private set; }

    /// <summary>Before something is asked.</summary>
    /// <param name="count">How many answers are waited for then.</param>
    /// <exception cref="IOException">The disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">The disk refuses.</exception>
    public void Keep(int count)
    {
        if (folder is MemoryFolder)
        {
            return;
        }

        lock (_gate)
        {
            _file ??= folder.Open(name, create: true);
            var missing = ((count + AtOnce - 1) / AtOnce * AtOnce * ForOne) - _file.Length;
            if (missing <= 0)
            {
                return;
            }

            try
            {
                // No file system makes these smaller.
                var bytes = ContentEncryption.RandomBytes((int)missing);
                _file.Append(bytes, bytes.Length);
                _file.Flush();
            }
            catch when (count == 1)
            {
                // Nobody else waits for an answer: a full disk is not to be filled with this.
                Delete();
                throw;
            }
        }
    }

    /// <summary>Gives the room up, because the disk refused an answer.</summary>
    /// <param name="releases">What <see cref="Releases"/> was before it was tried.</param>
    /// <returns>Whether it is worth trying again.</returns>
    public bool Release(int releases)
    {
        lock (_gate)
        {
            if (_file is not null)
            {
                Delete();
                Releases++;
            }

            return Releases != releases;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_file is not null)
            {
                Delete();
            }
        }
    }

    private void Delete()
    {
        // Blocks of a file that is open stay taken.
        _file!.Dispose();
        _file = null;
        try
        {
            folder.Delete(name);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Whoever finds this process ended deletes it.
        }
    }
}
