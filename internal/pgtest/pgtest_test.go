package pgtest_test

import (
	"sync"
	"testing"

	"github.com/annals-es/annals/internal/pgtest"
)

// TestEachTestHasItsDatabase: tests beside each other create the same table. A database is dropped after its test.
func TestEachTestHasItsDatabase(t *testing.T) {
	t.Parallel()
	var names sync.Map
	t.Run("tests", func(t *testing.T) {
		for _, name := range []string{"one", "two", "three"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				pool := pgtest.Pool(t)
				if _, err := pool.Exec(t.Context(), "CREATE TABLE rows (id int)"); err != nil {
					t.Fatal(err)
				}
				var database string
				if err := pool.QueryRow(t.Context(), "SELECT current_database()").Scan(&database); err != nil {
					t.Fatal(err)
				}
				if other, taken := names.LoadOrStore(database, name); taken {
					t.Errorf("%s and %s have the same database %s", other, name, database)
				}
			})
		}
	})
	rows, err := pgtest.Pool(t).Query(t.Context(), "SELECT datname FROM pg_database")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var database string
		if err := rows.Scan(&database); err != nil {
			t.Fatal(err)
		}
		if of, ours := names.Load(database); ours {
			t.Errorf("database %s of test %s still exists after its test", database, of)
		}
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
}
