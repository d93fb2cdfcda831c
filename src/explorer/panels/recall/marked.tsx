import { markedPieces } from './marks.ts';

/** A text with the words of the question marked. */
export const Marked = ({ text, stems }: { text: string; stems: readonly string[] }) => (
  <>
    {markedPieces(text, stems).map(({ text: piece, isMarked }, index) =>
      isMarked ? <mark key={index}>{piece}</mark> : piece,
    )}
  </>
);
