package shop_test

import (
	"path/filepath"
	"strings"

	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/money"
)

// golden is the place of the golden states of an aggregate. With -update, missing ones are written.
func golden(streamType string) estest.StatesConfig {
	return estest.StatesConfig{
		Dir:    filepath.Join("testdata", "states", strings.ToLower(streamType)),
		Schema: shop.New().Aggregate(streamType).Snapshots.Schema, Update: *update,
	}
}

func usd(amount string) money.Money { return money.Must(money.New(amount, "USD")) }
