using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using DcrPowerShell.Errors;

namespace DcrPowerShell.Inventory;

/// <summary>HTML. Whatever is put into a piece of it is encoded, unless it is such a piece: nobody can forget to.</summary>
internal sealed class Markup
{
    private readonly string _html;

    private Markup(string html) => _html = html;

    /// <param name="html">Its fixed part is markup; in tags, its values stand within double quotation marks.</param>
    public static Markup Of(FormattableString html) =>
        new(string.Format(CultureInfo.InvariantCulture, html.Format, html.GetArguments().Select(Encoded).ToArray<object>()));

    public static Markup Join(IEnumerable<Markup> parts) => new(string.Concat(parts));

    /// <summary>One piece for each item.</summary>
    public static Markup Each<T>(IEnumerable<T> items, Func<T, FormattableString> html) => Join(items.Select(item => Of(html(item))));

    /// <inheritdoc/>
    public override string ToString() => _html;

    // Without the marks that turn the direction of what follows, too: an audit log is a file that others may have written.
    private static string Encoded(object? value) => value is Markup markup
        ? markup._html
        : WebUtility.HtmlEncode(Redaction.Printable(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
}
