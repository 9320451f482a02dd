package money_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/annals-es/annals/shop/money"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want money.Money
		out  string
	}{
		{`{"amount":"12.34","currency":"USD"}`, usd("12.34"), `{"amount":"12.34","currency":"USD"}`},
		{`{"currency":"USD","amount":"5"}`, usd("5"), `{"amount":"5.00","currency":"USD"}`},
		{` { "amount" : "-5.1" , "currency" : "USD" } `, usd("-5.10"), `{"amount":"-5.10","currency":"USD"}`},
		{`{"amount":"500","currency":"JPY"}`, jpy("500"), `{"amount":"500","currency":"JPY"}`},
		{`{"amount":"0","currency":"USD"}`, usd("0"), `{"amount":"0.00","currency":"USD"}`},
		{`null`, money.Money{}, `null`},
	}
	for _, tt := range tests {
		got := usd("1") // what was there must go
		if err := json.Unmarshal([]byte(tt.in), &got); err != nil || got != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.in, got, err, tt.want)
		}
		if out, err := json.Marshal(got); err != nil || string(out) != tt.out {
			t.Errorf("%s: got %s, %v, want %s", tt.in, out, err, tt.out)
		}
	}
}

func TestJSONRefuses(t *testing.T) {
	t.Parallel()
	const shape = `want {"amount":"12.34","currency":"USD"}`
	tests := []struct{ in, says string }{
		{`{"amount":12.34,"currency":"USD"}`, shape},
		{`{"amount":"12.34"}`, shape},
		{`{"currency":"USD"}`, shape},
		{`{"amount":null,"currency":"USD"}`, shape},
		{`{}`, shape},
		{`[]`, shape},
		{`"12.34 USD"`, shape},
		{`12.34`, shape},
		{`{"amount":"1","currency":"USD","precision":2}`, shape},
		{`{"amount":"1e999999999","currency":"USD"}`, "not a plain decimal number"},
		{`{"amount":"1","currency":"usd"}`, "ISO 4217"},
		{`{"amount":"1","currency":"USDT"}`, "ISO 4217"},
		{`{"amount":"1","currency":""}`, "ISO 4217"},
		{`{"amount":"` + strings.Repeat("9", 1<<20) + `","currency":"USD"}`, "too large"},
	}
	for _, tt := range tests {
		got := usd("1")
		err := json.Unmarshal([]byte(tt.in), &got)
		var invalid *money.InvalidError
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%.60s: got %v, want an error with %q", tt.in, err, tt.says)
		}
		if got != usd("1") {
			t.Errorf("%.60s: the amount became %s, want it unchanged", tt.in, got)
		}
	}
}

func TestJSONOmitzeroKeepsAnAmountOfZero(t *testing.T) {
	t.Parallel()
	type order struct {
		Total money.Money `json:"total,omitzero"`
	}
	for in, want := range map[money.Money]string{
		{}:         `{}`,
		usd("0"):   `{"total":{"amount":"0.00","currency":"USD"}}`,
		usd("1.5"): `{"total":{"amount":"1.50","currency":"USD"}}`,
	} {
		out, err := json.Marshal(order{Total: in})
		if err != nil || string(out) != want {
			t.Errorf("%s: got %s, %v, want %s", in, out, err, want)
		}
		var back order
		if err := json.Unmarshal(out, &back); err != nil || back.Total != in {
			t.Errorf("%s: read back as %s, %v", out, back.Total, err)
		}
	}
}

func FuzzNew(f *testing.F) {
	for _, s := range []string{"12.34", "-0", "1e9", "0.1", ".", "99999999999999999999"} {
		f.Add(s, "USD")
	}
	f.Fuzz(func(t *testing.T, amount, code string) {
		m, err := money.New(amount, code)
		if err != nil {
			return
		}
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var back money.Money
		if err := json.Unmarshal(data, &back); err != nil || back != m {
			t.Errorf("%q %q: %s read back as %s, %v", amount, code, data, back, err)
		}
		if again := money.Must(money.FromMinorUnits(m.MinorUnits(), m.Currency())); again != m {
			t.Errorf("%q %q: %s differs from %s of its minor units", amount, code, m, again)
		}
	})
}
