package memkeys_test

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
)

// A subject gets a key, and is forgotten. Programs leave these calls to personal.Store.
func Example() {
	ctx, keys := context.Background(), memkeys.New()
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	secret := bytes.Repeat([]byte{1}, personal.KeyBytes) // of crypto/rand, elsewhere

	key, err := keys.Create(ctx, personal.Key{Subject: "ada", Number: 1, Secret: secret, At: at})
	fmt.Println("created:", key.Number, len(key.Secret), err)
	key, err = keys.Forget(ctx, "ada", at.Add(time.Hour))
	fmt.Println("forgotten:", key.Number, len(key.Secret), key.At.Format(time.TimeOnly), err)
	// Output:
	// created: 1 32 <nil>
	// forgotten: 1 0 13:00:00 <nil>
}
