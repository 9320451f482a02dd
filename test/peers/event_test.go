package peers

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
)

// deposited is the event that all systems store, as JSON.
type deposited struct {
	AccountID   string `json:"accountId"`
	Amount      int    `json:"amount"`
	Currency    string `json:"currency"`
	Reference   string `json:"reference"`
	Description string `json:"description"`
}

// ledger is the state that all systems fold events to.
type ledger struct {
	Count int    `json:"count"`
	Sum   int    `json:"sum"`
	Last  string `json:"last"`
}

func (l *ledger) add(d deposited) {
	l.Count++
	l.Sum += d.Amount
	l.Last = d.Description
}

var purposes = []string{
	"rent for the flat", "groceries", "salary", "refund of an order", "insurance, monthly", "electricity",
}

// events returns n events, the same in every run. In small ones, which is bytes = 0, names and some values repeat, as
// they do in real ones. Larger ones have that many bytes of random text, which does not compress.
func events(n, bytes int) []deposited {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]deposited, n)
	for i := range all {
		all[i] = deposited{
			AccountID: "acc-0123456789", Amount: random.IntN(90_000) + 10_000, Currency: "EUR",
			Reference:   fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64()),
			Description: purposes[random.IntN(len(purposes))],
		}
		if bytes > 0 {
			text := make([]byte, bytes*3/4)
			for j := range text {
				text[j] = byte(random.Uint32())
			}
			all[i].Description = base64.StdEncoding.EncodeToString(text)
		}
	}
	return all
}
