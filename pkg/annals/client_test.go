package annals_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// mailer sends mails.
type mailer interface{ Send(to string) string }

type smtp struct{ server string }

func (m *smtp) Send(to string) string { return to + " by " + m.server }

func openMailer(_ context.Context, getenv func(string) string) (mailer, error) {
	if getenv("SERVER") == "" {
		return nil, errors.New("SERVER is missing")
	}
	return &smtp{getenv("SERVER")}, nil
}

func TestMistakesOfClients(t *testing.T) {
	t.Parallel()
	key, another := annals.Secret("KEY", 1), annals.Secret("KEY", 1)
	for name, test := range map[string]struct {
		part annals.Part
		says string
	}{
		"capitals":    {annals.Client("Mail", openMailer), `client "Mail": its name must be in kebab case, such as "mail"`},
		"nil":         {(*annals.ClientOf[mailer])(nil), "a part is nil"},
		"no function": {annals.Client[mailer]("mail", nil), `client "mail": its function is nil`},
		"twice": {
			annals.Parts(annals.Client("mail", openMailer), annals.Client("mail", openMailer)),
			"client mail is declared twice: remove one",
		},
		"no secret": {
			annals.Client("mail", openMailer, nil), "client mail: a secret is nil: pass what annals.Secret returned",
		},
		"another secret": {
			annals.Parts(another, annals.Client("mail", openMailer, key)),
			"client mail: secret KEY is not declared: pass it to annals.New",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := annals.New("enrol", append(parts(), test.part)...)
			if err := s.Check(); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("check: %v, want an error with %q", err, test.says)
			}
			if _, err := s.OpenClients(t.Context(), nil); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("open: %v, want an error with %q", err, test.says)
			}
		})
	}
}

// TestClients: clients are opened when it is asked for, from the environment, and a decision has them.
func TestClients(t *testing.T) {
	t.Parallel()
	mail, key := annals.Client("mail", openMailer), annals.Secret("KEY", 4)
	openPay := func(_ context.Context, getenv func(string) string) (string, error) { return getenv("KEY"), nil }
	pay := annals.Client("pay", openPay, key)
	s := annals.New("enrol", append(parts(), mail, pay, key)...)
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if got := s.Describe().Clients; !reflect.DeepEqual(got, []string{"mail", "pay"}) {
		t.Errorf("clients in the description: %q, want mail and pay", got)
	}
	opened, err := s.OpenClients(t.Context(), func(env string) string { return env + "1" })
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(annals.Stores{Events: memstore.New()}, annals.Config{Clients: opened})
	if err != nil {
		t.Fatal(err)
	}
	var said, id string
	cmd := es.Command{Ref: es.CommandRef{ID: "c"}}
	_, err = r.Decide(t.Context(), cmd, annals.NewCaller("ada", true), func(tx *annals.Tx) error {
		said, id = mail.In(tx.Running).Send("bob")+" for "+pay.In(tx.Running), tx.CommandID()
		return nil
	})
	if err != nil || said != "bob by SERVER1 for KEY1" || id != "c" {
		t.Errorf("reaction called mail with %q for the command %q, %v", said, id, err)
	}
}

// TestClientsThatDoNotOpen: the error names the client and what is missing.
func TestClientsThatDoNotOpen(t *testing.T) {
	t.Parallel()
	key := annals.Secret("KEY", 4)
	//nolint:nilnil // it is wrong
	openNone := func(context.Context, func(string) string) (*smtp, error) { return nil, nil }
	for says, client := range map[string]annals.Part{
		"open client mail: SERVER is missing":                        annals.Client("mail", openMailer),
		"open client pay: secret KEY has 0 bytes, needs at least 4:": annals.Client("pay", openMailer, key),
		"open client none: its function returned nil: return a":      annals.Client("none", openNone),
	} {
		s := annals.New("enrol", append(parts(), key, client)...)
		opened, err := s.OpenClients(t.Context(), func(string) string { return "" })
		if err == nil || !strings.HasPrefix(err.Error(), says) || opened != nil {
			t.Errorf("open: %v, want an error with %q", err, says)
		}
	}
}

// TestOpenNeedsAllClients: a service is not opened with some of its clients, or with others.
func TestOpenNeedsAllClients(t *testing.T) {
	t.Parallel()
	mail := annals.Client("mail", openMailer)
	number := func(name string) annals.OpenedClient {
		return annals.Client(name, func(context.Context, func(string) string) (int, error) { return 1, nil }).Opened(1)
	}
	s := annals.New("enrol", append(parts(), mail)...)
	for says, clients := range map[string][]annals.OpenedClient{
		"client mail is not opened: set annals.Config.Clients":          {},
		"client mail: it is int, not annals_test.mailer: open the one":  {number("mail")},
		"client pay is opened, but not declared: pass it to annals.New": {mail.Opened(&smtp{}), number("pay")},
	} {
		_, err := s.Open(annals.Stores{Events: memstore.New()}, annals.Config{Clients: clients})
		if err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("open: %v, want an error with %q", err, says)
		}
	}
}

// TestUndeclaredClient: what the service does not declare, or a function does not open, is a mistake in the program.
func TestUndeclaredClient(t *testing.T) {
	t.Parallel()
	mail := annals.Client("mail", openMailer)
	number := annals.Client("mail", func(context.Context, func(string) string) (int, error) { return 1, nil })
	for name, declared := range map[string][]annals.Part{
		"undeclared":      nil,
		"not opened":      {mail},
		"of another type": {number},
	} {
		s := annals.New("enrol", append(parts(), declared...)...)
		cfg := annals.Config{}
		if name == "of another type" {
			cfg.Clients = []annals.OpenedClient{number.Opened(1)}
		}
		r, err := s.Open(annals.Stores{Events: memstore.New()}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() {
				want := "annals: client mail: pass it to annals.New; only commands and reactions have clients"
				if said := recover(); said != want {
					t.Errorf("%s: recovered %v, want %q", name, said, want)
				}
			}()
			mail.In(r)
		}()
	}
}
