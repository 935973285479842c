package content

import (
	"bytes"
	"encoding/hex"
	"slices"

	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// Mark says that everything of a device up to Seq has arrived.
type Mark struct {
	_      struct{} `cbor:",toarray"`
	Device identity.DeviceID
	Seq    uint64
}

// ReceiptBody says what has arrived at its author. Rule: per author and device the highest seq stands; of more than MaxMarks devices
// the first by id do, which no order of folding changes.
type ReceiptBody struct {
	_     struct{} `cbor:",toarray"`
	Marks []Mark   // strictly ascending by device, at most MaxMarks
}

// WatermarkRow is the value of a member's receipt row.
type WatermarkRow struct {
	_      struct{} `cbor:",toarray"`
	Member identity.UserID
	Marks  []Mark
}

func watermarkKey(m identity.UserID) RowKey { return RowKey("w/" + hex.EncodeToString(m[:])) }

// WatermarkKey is the key of a member's receipt row.
func WatermarkKey(m identity.UserID) RowKey { return watermarkKey(m) }

func byDevice(a, b Mark) int { return bytes.Compare(a.Device[:], b.Device[:]) }

// Encode returns the body's bytes, with the marks sorted. It errs on too many.
func (b ReceiptBody) Encode() ([]byte, error) {
	b.Marks = slices.SortedFunc(slices.Values(b.Marks), byDevice)
	if err := b.check(); err != nil {
		return nil, err
	}
	return op.Encode(b)
}

// ParseReceipt reads a receipt strictly. It errs with ErrBody.
func ParseReceipt(raw []byte) (ReceiptBody, error) {
	var b ReceiptBody
	if err := parse(raw, &b); err != nil {
		return b, err
	}
	return b, b.check()
}

func (b ReceiptBody) check() error {
	if len(b.Marks) == 0 || len(b.Marks) > MaxMarks {
		return bad("marks", "1 to 1000")
	}
	for i := 1; i < len(b.Marks); i++ {
		if byDevice(b.Marks[i-1], b.Marks[i]) >= 0 {
			return bad("marks", "strictly ascending by device")
		}
	}
	return nil
}

func receiptKeys(m Msg) []RowKey {
	if _, err := ParseReceipt(m.Body); err != nil {
		return nil
	}
	return []RowKey{watermarkKey(m.Author)}
}

func foldReceipt(rows Rows, m Msg) []Row {
	b, err := ParseReceipt(m.Body)
	if err != nil {
		return nil
	}
	high := map[identity.DeviceID]uint64{}
	if old, ok := rows[watermarkKey(m.Author)]; ok {
		if o, err := ParseWatermarkRow(old.Value); err == nil {
			for _, k := range o.Marks {
				high[k.Device] = k.Seq
			}
		}
	}
	changed := false
	for _, k := range b.Marks {
		if k.Seq > high[k.Device] {
			high[k.Device], changed = k.Seq, true
		}
	}
	if !changed {
		return nil
	}
	w := WatermarkRow{Member: m.Author}
	for d, s := range high {
		w.Marks = append(w.Marks, Mark{Device: d, Seq: s})
	}
	slices.SortFunc(w.Marks, byDevice)
	w.Marks = w.Marks[:min(len(w.Marks), MaxMarks)]
	v, err := op.Encode(w)
	if err != nil {
		return nil
	}
	return []Row{{Key: watermarkKey(m.Author), List: Watermarks, Order: m.Author[:], Value: v}}
}

// Spent lists those of one member's receipts that make no difference to the row of all of them: of each device the highest seq is kept, by the first receipt
// in (lamport, id) that says it, and a receipt that is kept for no device is spent. What is spent among some is spent among more, and without it the
// others are kept as with it.
func Spent(list []Msg) (spent [][32]byte) {
	type best struct {
		seq uint64
		at  []byte
		id  [32]byte
	}
	high := map[identity.DeviceID]best{}
	for _, m := range list {
		b, err := ParseReceipt(m.Body)
		if err != nil {
			continue
		}
		at := Order(m.Lamport, m.ID)
		for _, k := range b.Marks {
			if old, known := high[k.Device]; !known || k.Seq > old.seq || k.Seq == old.seq && bytes.Compare(at, old.at) < 0 {
				high[k.Device] = best{k.Seq, at, m.ID}
			}
		}
	}
	kept := map[[32]byte]bool{}
	for _, b := range high {
		kept[b.id] = true
	}
	for _, m := range list {
		if _, err := ParseReceipt(m.Body); err == nil && !kept[m.ID] {
			spent = append(spent, m.ID)
		}
	}
	return spent
}

// ParseWatermarkRow reads a row that Fold wrote.
func ParseWatermarkRow(v []byte) (WatermarkRow, error) {
	var r WatermarkRow
	return r, parse(v, &r)
}

// ReadBody says how far its author has read a space: the place of the last message he saw. Rule: per author the furthest stands. Only who lets others know
// sends it, and only who does so himself is shown it.
type ReadBody struct {
	_       struct{} `cbor:",toarray"`
	Lamport op.Millis
	ID      [32]byte
}

// ReadRow is the value of the row that says how far a member has read.
type ReadRow struct {
	_      struct{} `cbor:",toarray"`
	Member identity.UserID
	UpTo   ReadBody
}

func (b ReadBody) check() error {
	if b.Lamport <= 0 {
		return bad("lamport", "must be given")
	}
	return nil
}

// Encode returns the body's bytes. It errs on a field over its limit, naming it.
func (b ReadBody) Encode() ([]byte, error) { return encode(b) }

// ReadKey is the key of the row that says how far a member has read.
func ReadKey(m identity.UserID) RowKey { return RowKey("q/" + hex.EncodeToString(m[:])) }

func readKeys(m Msg) []RowKey {
	if read(m.Body, &ReadBody{}) != nil {
		return nil
	}
	return []RowKey{ReadKey(m.Author)}
}

func foldRead(rows Rows, m Msg) []Row {
	r := ReadRow{Member: m.Author}
	if read(m.Body, &r.UpTo) != nil {
		return nil
	}
	if old, err := ParseReadRow(rows[ReadKey(m.Author)].Value); err == nil && bytes.Compare(Order(old.UpTo.Lamport, old.UpTo.ID), Order(r.UpTo.Lamport, r.UpTo.ID)) >= 0 {
		return nil
	}
	return row(ReadKey(m.Author), Reads, Order(r.UpTo.Lamport, m.Author), r)
}

// ParseReadRow reads a row that Fold wrote.
func ParseReadRow(v []byte) (r ReadRow, err error) {
	err = parse(v, &r)
	return r, err
}
