package account

import (
	"strings"

	"github.com/annals-es/annals/shop/money"
)

// splitName splits an owner's name at its last space.
func splitName(name string) (first, last string) {
	name = strings.TrimSpace(name)
	if i := strings.LastIndexByte(name, ' '); i >= 0 {
		return name[:i], name[i+1:]
	}
	return name, ""
}

// OwnerName is the owner's name as the owner wrote it, without space around it.
func (e AccountOpened) OwnerName() string {
	if e.LastName == "" {
		return e.FirstName
	}
	return e.FirstName + " " + e.LastName
}

// openedV1 is schema 1 of AccountOpened, which stored the name as one text.
type openedV1 struct {
	AccountID      string      `json:"accountId"`
	OwnerName      string      `json:"ownerName"`
	InitialDeposit money.Money `json:"initialDeposit"`
}

func upcastOpened(old openedV1) (AccountOpened, error) {
	first, last := splitName(old.OwnerName)
	return AccountOpened{
		AccountID: old.AccountID, FirstName: first, LastName: last, InitialDeposit: old.InitialDeposit,
	}, nil
}
