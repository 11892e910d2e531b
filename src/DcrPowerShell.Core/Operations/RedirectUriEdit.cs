using System.Collections.Generic;
using System.Linq;
using DcrPowerShell.Errors;
using DcrPowerShell.Metadata;
using DcrPowerShell.Providers;

namespace DcrPowerShell.Operations;

/// <summary>
/// Redirect URIs to add and to remove. What that changes depends on what the server has, so it is worked out after each read. URIs are
/// compared as texts (RFC 6749, section 3.1.2.3).
/// </summary>
internal sealed record RedirectUriEdit(IReadOnlyList<string> Add, IReadOnlyList<string> Remove)
{
    /// <summary>The changes to a client as it was read; empty where nothing is left to do.</summary>
    public JsonBag ChangesTo(JsonBag read)
    {
        if (IsMadeIn(read))
        {
            return JsonBag.Empty;
        }

        var now = read.Texts(ClientMember.RedirectUris);
        return JsonBag.Empty.With(ClientMember.RedirectUris, now.Except(Remove).Concat(Add.Except(now)).ToList());
    }

    /// <summary>Whether the client has what was to be added, and no longer has what was to be removed.</summary>
    public bool IsMadeIn(JsonBag client)
    {
        var now = client.Texts(ClientMember.RedirectUris);
        return !Add.Except(now).Any() && !Remove.Intersect(now).Any();
    }

    /// <summary>Judges what is to be added, beside all else that is to change.</summary>
    /// <exception cref="DcrException">InvalidRedirectUri or InvalidClientMetadata, naming the member.</exception>
    public void Check(IDcrProvider provider, JsonBag changes)
    {
        try
        {
            provider.Check(Add.Count == 0 ? changes : changes.With(ClientMember.RedirectUris, Add));
        }
        catch (DcrException fault) when (fault.Member == ClientMember.RedirectUris)
        {
            throw new DcrException(fault.ErrorId, fault.What, fault.RecommendedAction)
            {
                Member = "AddRedirectUri",
                NothingSent = fault.NothingSent,
            };
        }
    }

    /// <summary>Warns of URIs to add that were there already, and of URIs to remove that were not.</summary>
    public void TellOfDone(OperationContext context, string clientId, JsonBag read)
    {
        var now = read.Texts(ClientMember.RedirectUris);
        Tell(Add.Intersect(now), "to be added was there already");
        Tell(Remove.Except(now), "to be removed was not there");

        void Tell(IEnumerable<string> uris, string what)
        {
            foreach (var uri in uris)
            {
                context.Warn(clientId, $"the redirect URI {uri} that was {what}.", $"a redirect URI that was {what}.");
            }
        }
    }
}
