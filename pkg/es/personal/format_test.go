package personal_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
)

// TestFormatExample decrypts the documented value as the document says, without this package.
func TestFormatExample(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../../docs/format.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]string{}
	for _, m := range regexp.MustCompile("(?ms)^```(\\w[^\n]*)\n(.*?)^```$").FindAllStringSubmatch(string(doc), -1) {
		blocks[m[1]] = strings.TrimSpace(m[2])
	}
	var payload struct {
		Owner struct {
			Sealed string `json:"$sealed"`
			Erased string `json:"erased"`
		} `json:"owner"`
	}
	if err := json.Unmarshal([]byte(blocks["json sealed"]), &payload); err != nil {
		t.Fatalf("the documented payload: %v", err)
	}
	parts := strings.SplitN(payload.Owner.Sealed, ".", 4)
	box, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(unhex(t, blocks["text key"]))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm.Open(nil, box[:12], box[12:], unhex(t, blocks["text associated"]))
	if want := `"Ada Lovelace"`; err != nil || string(plain) != want || payload.Owner.Erased != "(removed)" {
		t.Errorf("the documented value is %s, %v, erased %q, want %s", plain, err, payload.Owner.Erased, want)
	}
	if parts[0] != "1" || parts[1] != "1" || parts[3] != "ada" {
		t.Errorf("the documented value has version %s, key %s and subject %s", parts[0], parts[1], parts[3])
	}
	type event struct {
		Owner string `json:"owner" personal:"owner" erased:"\"(removed)\""`
	}
	if got := sealedByGolden(t, event{"Ada Lovelace"}); got != blocks["json sealed"] {
		t.Errorf("the documented payload is stored as\n%s", got)
	}
}

// sealedByGolden returns an event as it is stored under the documented key, with the nonce of the bytes 32 to 43.
func sealedByGolden(t *testing.T, sample any) string {
	t.Helper()
	keys := memkeys.New()
	bytes := &from{}
	store, err := personal.NewStore(memstore.New(), keys, personal.Config{Rand: bytes})
	if err != nil {
		t.Fatal(err)
	}
	a := es.Aggregate[struct{}, any]{
		StreamType: "Account", Events: es.NewRegistry(es.Type[any]("AccountOpened", 1, sample)),
		Evolve: func(*struct{}, any) {},
	}
	ada := es.Command{Meta: es.Meta{Actor: "ada"}}
	_, err = es.Open(store, a).Create(t.Context(), "acc-1", ada, func() ([]any, error) { return []any{sample}, nil })
	if err != nil {
		t.Fatal(err)
	}
	for c, err := range store.Read(t.Context(), a.Stream("acc-1"), es.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		return string(c.Events[0].Data)
	}
	return ""
}

// from yields the bytes from 0.
type from struct{ next byte }

func (f *from) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = f.next
		f.next++
	}
	return len(into), nil
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(regexp.MustCompile(`#.*|\s`).ReplaceAllString(text, ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
