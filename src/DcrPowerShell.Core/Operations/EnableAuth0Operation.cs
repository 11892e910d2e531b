using System.Collections.Generic;
using System.Threading.Tasks;
using DcrPowerShell.Errors;
using DcrPowerShell.Providers.Auth0;

namespace DcrPowerShell.Operations;

/// <summary>Sets an Auth0 tenant up for dynamic registration: everything is read and judged first, and then changed step by step.</summary>
internal static class EnableAuth0Operation
{
    /// <param name="onlyLooks">Whether the changes will not be made.</param>
    /// <exception cref="DcrException">
    /// OperationNotSupported: the server is not Auth0. A missing credential or scope; a wish that cannot be fulfilled.
    /// </exception>
    public static Task<IReadOnlyList<Auth0Step>> PlanAsync(OperationContext context, Auth0Wishes wishes, bool onlyLooks) =>
        SetupOf(context).PlanAsync(wishes, onlyLooks, context.Call);

    /// <exception cref="DcrException">The change was refused, or its outcome is unknown.</exception>
    public static Task<DcrSetupStep> ApplyAsync(OperationContext context, Auth0Step step)
    {
        context.Audit.Begin(DcrAuditOperation.EnableAuth0, changes: [step.Name]);
        return SetupOf(context).ApplyAsync(step, context.Call);
    }

    private static Auth0Setup SetupOf(OperationContext context) => context.Provider is Auth0Provider auth0
        ? new Auth0Setup(auth0.Api)
        : throw ConnectErrors.NotAuth0(context.Connection.Name, context.Provider.Kind.ToString());
}
