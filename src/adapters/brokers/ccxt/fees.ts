/** Part of what was bought may have gone off as fee. */
import { type Decimal, decimal, isPositive, lessThan, multiply } from '../../../domain/decimal.js';

/** More than any fee of a spot trade. */
const FEE_LEAVES = decimal('0.99');

/** Is less there than is wanted, and so little less that a fee explains it? */
export const isShortByFee = (there: Decimal, wanted: Decimal): boolean =>
  isPositive(there) && lessThan(there, wanted) && !lessThan(there, multiply(wanted, FEE_LEAVES));
