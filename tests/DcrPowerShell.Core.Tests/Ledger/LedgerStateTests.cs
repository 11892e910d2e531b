using System.Linq;
using DcrPowerShell.Ledger;
using Xunit;

namespace DcrPowerShell.Core.Tests.Ledger;

public class LedgerStateTests
{
    private static readonly LedgerHash Client = LedgerHash.New();
    private static readonly LedgerHash Tenant = LedgerHash.New();
    private static readonly LedgerHash Entry = LedgerHash.New();

    private readonly LedgerState _state = new();
    private long _sequence;

    [Fact]
    public void The_last_frame_about_a_client_counts()
    {
        Apply(new() { Kind = FrameKind.Kept, Client = Client, Tenant = Tenant });
        var last = Apply(new() { Kind = FrameKind.Kept, Client = Client, Tenant = Tenant });
        Assert.Equal(last, _state.Client(Client)!.Header);
        Assert.Single(_state.Rows);
        Assert.Equal(last, _state.LivingOf(Tenant)!.Header);
    }

    [Fact]
    public void A_frame_of_a_lower_sequence_changes_nothing()
    {
        _sequence = 10;
        var newer = Apply(new() { Kind = FrameKind.Removed, Client = Client });
        _state.Apply(new() { Kind = FrameKind.Kept, Client = Client, Tenant = Tenant, Sequence = 5, Length = 100 }, 0);
        Assert.Equal(newer, _state.Client(Client)!.Header);
        Assert.Null(_state.LivingOf(Tenant));
    }

    [Fact]
    public void A_removed_client_frees_its_tenant_and_stays_known()
    {
        Apply(new() { Kind = FrameKind.Kept, Client = Client, Tenant = Tenant });
        Apply(new() { Kind = FrameKind.Removed, Client = Client });
        Assert.Null(_state.LivingOf(Tenant));
        Assert.True(_state.Client(Client)!.IsRemoved);
    }

    [Fact]
    public void Of_two_clients_of_a_tenant_the_other_one_stays()
    {
        var other = LedgerHash.New();
        Apply(new() { Kind = FrameKind.Kept, Client = Client, Tenant = Tenant });
        Apply(new() { Kind = FrameKind.Kept, Client = other, Tenant = Tenant });
        Apply(new() { Kind = FrameKind.Removed, Client = Client });
        Assert.Equal(other, _state.LivingOf(Tenant)!.Client);
    }

    [Fact]
    public void A_client_that_goes_to_another_tenant_frees_the_former_one()
    {
        var other = LedgerHash.New();
        Apply(new() { Kind = FrameKind.Kept, Client = Client, Tenant = Tenant });
        Apply(new() { Kind = FrameKind.Kept, Client = Client, Tenant = other });
        Assert.Null(_state.LivingOf(Tenant));
        Assert.NotNull(_state.LivingOf(other));
    }

    [Fact]
    public void An_intent_is_open_until_it_is_closed()
    {
        Apply(new() { Kind = FrameKind.Asked, Entry = Entry, Tenant = Tenant });
        Assert.Equal(Entry, _state.OpenOf(Tenant)!.Id);
        Assert.False(_state.Entry(Entry)!.HasAnswer);
        Apply(new() { Kind = FrameKind.Answered, Entry = Entry, Tenant = Tenant });
        Assert.True(_state.Entry(Entry)!.HasAnswer);
        Apply(new() { Kind = FrameKind.Closed, Entry = LedgerHash.New() });
        Assert.Single(_state.Open);
        Apply(new() { Kind = FrameKind.Closed, Entry = Entry });
        Assert.Null(_state.OpenOf(Tenant));
        Assert.Empty(_state.Open);
        Assert.Equal(0, _state.LiveLength);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_kept_registration_closes_its_entry_only_where_it_says_so(bool closes)
    {
        Apply(new() { Kind = FrameKind.Asked, Entry = Entry, Tenant = Tenant });
        Apply(new() { Kind = FrameKind.Kept, Client = Client, Tenant = Tenant, Entry = Entry, ClosesEntry = closes });
        Assert.Equal(closes, _state.OpenOf(Tenant) is null);
        Assert.NotNull(_state.LivingOf(Tenant));
    }

    [Fact]
    public void An_orphaned_entry_stays_open()
    {
        Apply(new() { Kind = FrameKind.Asked, Entry = Entry, Tenant = Tenant });
        Apply(new() { Kind = FrameKind.Orphaned, Entry = Entry });
        Assert.True(_state.OpenOf(Tenant)!.IsOrphaned);
        Assert.Equal(2, _state.Entry(Entry)!.Frames.Count);
    }

    [Fact]
    public void Several_entries_of_a_tenant_are_all_to_be_closed()
    {
        var other = LedgerHash.New();
        Apply(new() { Kind = FrameKind.Asked, Entry = Entry, Tenant = Tenant });
        Apply(new() { Kind = FrameKind.Asked, Entry = other, Tenant = Tenant });
        Apply(new() { Kind = FrameKind.Closed, Entry = Entry });
        Assert.Equal(other, _state.OpenOf(Tenant)!.Id);
    }

    /// <summary>The intent's frame was damaged so that not even its header is left.</summary>
    [Fact]
    public void An_answer_without_its_intent_keeps_the_tenant_taken()
    {
        Apply(new() { Kind = FrameKind.Answered, Entry = Entry, Tenant = Tenant });
        Assert.Equal(Entry, _state.OpenOf(Tenant)!.Id);
    }

    [Fact]
    public void A_vault_confirms_the_frame_that_it_was_given_and_no_other()
    {
        var first = Apply(new() { Kind = FrameKind.Kept, Client = Client, Place = 1 });
        Assert.True(_state.Client(Client)!.IsPending);
        var second = Apply(new() { Kind = FrameKind.Kept, Client = Client, Place = 1 });
        Apply(new() { Kind = FrameKind.Stored, Client = Client, Reference = first.Sequence });
        Assert.True(_state.Client(Client)!.IsPending);
        Apply(new() { Kind = FrameKind.Stored, Client = Client, Reference = second.Sequence });
        Assert.False(_state.Client(Client)!.IsPending);
        Assert.True(_state.Client(Client)!.IsWhole);
    }

    /// <summary>Nobody else has its secrets.</summary>
    [Fact]
    public void No_vault_confirms_a_registration_of_the_local_store()
    {
        var kept = Apply(new() { Kind = FrameKind.Kept, Client = Client });
        Apply(new() { Kind = FrameKind.Stored, Client = Client, Reference = kept.Sequence });
        Assert.False(_state.Client(Client)!.IsStored);
    }

    [Fact]
    public void A_removal_is_pending_until_its_vault_confirms_it()
    {
        var removed = Apply(new() { Kind = FrameKind.Removed, Client = Client, Place = 1 });
        Assert.True(_state.Client(Client)!.IsPending);
        Apply(new() { Kind = FrameKind.Stored, Client = Client, Reference = removed.Sequence });
        Assert.False(_state.Client(Client)!.IsPending);
        Assert.True(_state.Client(Client)!.IsRemoved);
    }

    [Fact]
    public void What_a_vault_was_found_to_hold_is_not_pending()
    {
        Apply(new() { Kind = FrameKind.Known, Client = Client, Tenant = Tenant, Place = 1 });
        Assert.False(_state.Client(Client)!.IsPending);
        Assert.False(_state.Client(Client)!.IsWhole);
        Assert.NotNull(_state.LivingOf(Tenant));
    }

    [Fact]
    public void A_vault_is_to_forget_what_was_moved_until_it_has_confirmed_that()
    {
        Apply(new() { Kind = FrameKind.Known, Client = Client, Place = 1 });
        Apply(new() { Kind = FrameKind.Kept, Client = Client });
        var moved = Apply(new() { Kind = FrameKind.Moved, Client = Client, Place = 1 });
        Assert.True(_state.IsLeftover(Client, 1));
        Assert.False(_state.IsLeftover(Client, 2));
        Assert.Equal(400, _state.LiveLength);
        Apply(new() { Kind = FrameKind.Stored, Client = Client, Reference = moved.Sequence });
        Assert.False(_state.IsLeftover(Client, 1));
        Assert.Equal(200, _state.LiveLength);
    }

    /// <summary>Otherwise the vault would be told to forget the only copy.</summary>
    [Fact]
    public void A_vault_is_not_to_forget_what_has_come_back()
    {
        Apply(new() { Kind = FrameKind.Known, Client = Client, Place = 1 });
        Apply(new() { Kind = FrameKind.Kept, Client = Client });
        Apply(new() { Kind = FrameKind.Moved, Client = Client, Place = 1 });
        Apply(new() { Kind = FrameKind.Kept, Client = Client, Place = 1 });
        Assert.Empty(_state.Moved);
        Assert.Equal(200, _state.LiveLength);
    }

    [Fact]
    public void Marks_confirmations_and_unknown_kinds_change_nothing()
    {
        Apply(new() { Kind = FrameKind.Mark });
        Apply(new() { Kind = FrameKind.Stored, Client = Client, Reference = 1 });
        Apply(new() { Kind = FrameKind.Orphaned, Entry = Entry });
        Apply(new() { Kind = (FrameKind)200, Client = Client, Entry = Entry, Tenant = Tenant });
        Assert.Empty(_state.Rows);
        Assert.Empty(_state.Open);
        Assert.Equal(0, _state.LiveLength);
    }

    [Fact]
    public void The_bytes_that_count_are_those_of_the_last_frames_and_of_open_entries()
    {
        Apply(new() { Kind = FrameKind.Kept, Client = Client, Length = 1000 });
        Apply(new() { Kind = FrameKind.Kept, Client = Client, Length = 300 });
        Apply(new() { Kind = FrameKind.Kept, Client = LedgerHash.New(), Length = 50 });
        Apply(new() { Kind = FrameKind.Asked, Entry = Entry, Length = 7 });
        Apply(new() { Kind = FrameKind.Mark, Length = 10_000 });
        Assert.Equal(357, _state.LiveLength);
        Apply(new() { Kind = FrameKind.Closed, Entry = Entry, Length = 10_000 });
        Assert.Equal(350, _state.LiveLength);
    }

    /// <summary>The second one came along from elsewhere; then it is changed, and so is the first one.</summary>
    [Fact]
    public void The_registration_of_the_highest_rank_is_the_tenants_whatever_is_written_later()
    {
        var (tenant, first, second, third) = (LedgerHash.New(), LedgerHash.New(), LedgerHash.New(), LedgerHash.New());
        var rank = Apply(new() { Kind = FrameKind.Kept, Client = first, Tenant = tenant }).Rank;
        Apply(new() { Kind = FrameKind.Kept, Client = second, Tenant = tenant, Reference = -1 });
        Assert.Equal([first, second], _state.RowsOf(tenant).Select(static row => row.Client));
        Apply(new() { Kind = FrameKind.Kept, Client = third, Tenant = tenant });
        Apply(new() { Kind = FrameKind.Kept, Client = first, Tenant = tenant, Reference = rank });
        Apply(new() { Kind = FrameKind.Kept, Client = second, Tenant = tenant, Reference = -1 });
        Assert.Equal([third, first, second], _state.RowsOf(tenant).Select(static row => row.Client));

        Apply(new() { Kind = FrameKind.Removed, Client = third });
        Assert.Equal(first, _state.LivingOf(tenant)!.Client);
        Apply(new() { Kind = FrameKind.Removed, Client = first });
        Assert.Equal(second, _state.LivingOf(tenant)!.Client);
    }

    private FrameHeader Apply(FrameHeader header)
    {
        var placed = header with { Sequence = ++_sequence, Length = header.Length == 0 ? 200 : header.Length };
        _state.Apply(placed, _sequence * 1000);
        return placed;
    }
}
