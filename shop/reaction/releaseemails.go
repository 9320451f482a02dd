package reaction

import (
	"fmt"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal/subjects"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/email"
)

// ReleaseEmails frees the e-mail addresses of the accounts of a person who is forgotten. The account no longer knows its
// address, but the commit that opened it names the address's stream, which it reserved.
//
// Errors: those of the store. The event must then be delivered again.
func ReleaseEmails(tx *annals.Tx, e projection.Event[subjects.Event]) error {
	cleared, is := e.Data.(subjects.StreamsCleared)
	if !is {
		return nil
	}
	for _, name := range cleared.Streams {
		stream, err := es.ParseStreamID(name)
		if err == nil && stream.Type == account.Aggregate.StreamType {
			err = releaseEmail(tx, stream)
		}
		if err != nil {
			return fmt.Errorf("release the e-mail address of %s: %w", name, err)
		}
	}
	return nil
}

func releaseEmail(tx *annals.Tx, of es.StreamID) error {
	for first, err := range tx.Events.Read(tx.Context(), of, es.Range{To: 1}) {
		if err != nil {
			return err
		}
		for _, s := range first.Siblings {
			if s.Stream.Type != email.Aggregate.StreamType {
				continue
			}
			address, err := annals.Load(tx, email.Aggregate, s.Stream.ID)
			if err != nil {
				return err
			}
			address.Record(address.State.Release(of.ID)...)
		}
	}
	return nil
}
