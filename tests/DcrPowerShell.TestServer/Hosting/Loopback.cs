using System;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DcrPowerShell.TestServer.Hosting;

/// <summary>Makes the smallest web application there is: Kestrel on 127.0.0.1, no configuration, no logging.</summary>
internal static class Loopback
{
    /// <param name="port">The port, 0 for a free one.</param>
    /// <param name="configure">Settles the listener's protocols.</param>
    public static WebApplication Create(int port, Action<ListenOptions> configure)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, configure);
        });
        builder.Services.AddRoutingCore();
        return builder.Build();
    }
}
