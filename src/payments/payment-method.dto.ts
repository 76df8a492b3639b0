/** Another payment method, with the member's new authorization. */
import { Equals, Matches } from 'class-validator';
import { PAYMENT_METHOD_FORM } from '../platform/http/params.dto.js';

export class PaymentMethodBody {
  /** The gateway's token of the method. */
  @Matches(PAYMENT_METHOD_FORM)
  paymentMethod: string;

  /** The member authorizes later deductions (3.2.1). */
  @Equals(true)
  deductionAuthorized: true;
}
