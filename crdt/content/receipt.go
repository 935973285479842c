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

// ParseWatermarkRow reads a row that Fold wrote.
func ParseWatermarkRow(v []byte) (WatermarkRow, error) {
	var r WatermarkRow
	return r, parse(v, &r)
}
