package readmodel

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/annals-es/annals/shop/money"
)

// DynamoDB bills documents and rows by the KB. So the stored forms have short names and short values.

// instant is a time in documents and rows: microseconds since 1970, UTC.
type instant int64

func instantOf(t time.Time) instant { return instant(t.UnixMicro()) }

// present returns a pointer to the instant of a time.
func present(t time.Time) *instant {
	i := instantOf(t)
	return &i
}

func (i instant) time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// optional is the time, or nil if the instant is nil.
func (i *instant) optional() *time.Time {
	if i == nil {
		return nil
	}
	t := i.time()
	return &t
}

// yearZero is the first instant that RFC 3339 can represent.
var yearZero = instantOf(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))

// sort is the instant as a sort key: 18 digits, in the order of the instants.
func (i instant) sort() string { return fmt.Sprintf("%018d", int64(i-yearZero)) }

// instantIn is the instant at the beginning of a sort key.
func instantIn(sort string) instant {
	digits, _, _ := strings.Cut(sort, "|")
	n, _ := strconv.ParseInt(digits, 10, 64) // the engine wrote it, so it is valid
	return instant(n) + yearZero
}

// amount is money in documents and rows: "12.30 USD"; "" is no money.
type amount money.Money

func (a amount) money() money.Money { return money.Money(a) }

// MarshalText implements [encoding.TextMarshaler].
func (a amount) MarshalText() ([]byte, error) {
	if a == (amount{}) {
		return nil, nil
	}
	return fmt.Appendf(nil, "%s %s", a.money().Amount(), a.money().Currency()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
//
// Errors: [money.InvalidError].
func (a *amount) UnmarshalText(text []byte) error {
	*a = amount{}
	if len(text) == 0 {
		return nil
	}
	digits, currency, _ := strings.Cut(string(text), " ")
	m, err := money.Stored(digits, currency)
	*a = amount(m)
	return err
}
