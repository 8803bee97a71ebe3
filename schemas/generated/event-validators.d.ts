/**
 * Generated from the JSON Schemas and the CRDs in this folder by `npm run generate`. Do not edit.
 */
import type { ValidateFunction } from "ajv";

export declare const validateCloudEvent: ValidateFunction;
export declare const validateEndpoint: ValidateFunction;
export declare const validateNgrokEvent: ValidateFunction;
