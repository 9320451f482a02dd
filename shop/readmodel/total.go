package readmodel

import (
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/money"
)

// Read models add up without a limit, unlike commands, which refuse what their aggregate can't hold. So sums over many
// aggregates are a [Total] or a [Count], which have room for any counter. Sums within one document have the limits of
// its aggregate.
//
// A counter in DynamoDB has 38 digits; a larger sum would park its stream. One order adds less than 10^18 to a total,
// in the currency's smallest units (money.MaxDigits), and at most 10^15 to a count (rule.MaxUnits). So 38 digits
// suffice for 10^20 orders of one product. A row takes some thousand writes a second: that is 3 billion years.

// Total is a sum of money.
type Total struct {
	Amount   projection.Number `json:"amount"`
	Currency string            `json:"currency"`
}

// newTotal is the total in a counter, with all decimals of its currency, like money.
func newTotal(counter projection.Number, currency string) Total {
	if zero, err := money.FromMinorUnits(0, currency); err == nil { // an error means a retired currency
		decimals, _ := projection.Decimal(zero.Amount())
		counter = counter.Plus(decimals)
	}
	return Total{Amount: counter, Currency: currency}
}

// Count is a number of things. It is a number in JSON.
type Count struct{ projection.Number }

// MarshalJSON returns the digits.
func (c Count) MarshalJSON() ([]byte, error) { return c.MarshalText() }

// UnmarshalJSON reads the digits.
func (c *Count) UnmarshalJSON(data []byte) error { return c.UnmarshalText(data) }

// less is c - d.
func (c Count) less(d Count) Count { return Count{c.Plus(d.Negative())} }
