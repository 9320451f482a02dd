package aggregates

import (
	"flag"
	"path/filepath"

	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/shop/money"
)

var update = flag.Bool("update", false, "write golden states of lives and schemas that have none")

// golden says where the golden states of an aggregate are, whose snapshots have a schema.
func golden(aggregate string, schema int) estest.StatesConfig {
	return estest.StatesConfig{Dir: filepath.Join("testdata", "states", aggregate), Schema: schema, Update: *update}
}

func usd(amount string) money.Money { return money.Must(money.New(amount, "USD")) }
