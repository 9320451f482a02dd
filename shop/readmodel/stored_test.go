package readmodel

import (
	"cmp"
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/annals-es/annals/shop/money"
)

// TestInstants: an instant is stored to the microsecond, and sort keys have the order of instants.
func TestInstants(t *testing.T) {
	t.Parallel()
	first := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)
	draw := rapid.Custom(func(r *rapid.T) time.Time {
		return time.UnixMicro(rapid.Int64Range(first.UnixMicro(), last.UnixMicro()).Draw(r, "microseconds")).UTC()
	})
	rapid.Check(t, func(r *rapid.T) {
		a, b := draw.Draw(r, "a"), draw.Draw(r, "b")
		if got := instantOf(a).time(); got != a {
			r.Errorf("%s is %s", a, got)
		}
		if want, got := a.Compare(b), cmp.Compare(instantOf(a).sort(), instantOf(b).sort()); got != want {
			r.Errorf("%s and %s are ordered %d, want %d", a, b, got, want)
		}
		if got := instantIn(instantOf(a).sort() + "|Order#o|1"); got != instantOf(a) {
			r.Errorf("%s is %s in a sort key", a, got.time())
		}
	})
}

// TestAmounts: an amount is stored unchanged, also in a retired currency.
func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, m := range []money.Money{
		{}, money.Must(money.New("0", "USD")), money.Must(money.New("-12.30", "USD")), money.Must(money.New("5", "JPY")),
		money.Must(money.Stored("9999999999999999.999", "ZZZ")),
	} {
		text, err := json.Marshal(amount(m))
		var back amount
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil || back.money() != m {
			t.Errorf("%s is stored as %s and read as %s, %v", m, text, back.money(), err)
		}
	}
	for _, text := range []string{`"5"`, `" USD"`, `"5 usd"`, `"x USD"`, `5`} {
		if err := json.Unmarshal([]byte(text), new(amount)); err == nil {
			t.Errorf("amount %s: no error", text)
		}
	}
}
